/** `conformance`: one table of cases that every lock passes on its real servers. */
import { z } from 'zod';
import { TOPOLOGIES, type Topology } from 'holdfast-locks';
import type { BackendChoice } from '../backends/choose.ts';
import type { ExternalConfig } from '../backends/external-config.ts';
import type { Session } from '../backends/session.ts';
import { UsageError } from '../base/errors.ts';
import { CLIENTS_PER_CASE } from '../conformance/case.ts';
import { CASES } from '../conformance/cases.ts';
import { AT_ONCE, runCases, type CaseResult } from '../conformance/suite.ts';
import type { LockUnderTest } from '../run/request.ts';
import { callerOf, type CommandOptions } from './caller.ts';
import { realServers } from './real-servers.ts';
import { inSession, unlessAborted } from './in-session.ts';
import { leaseOf, locksOf } from './locks.ts';
import {
  leaseLength,
  lockNames,
  lockOptions,
  parseRequest,
  serversShape,
  wholeNumber,
  type LockNames,
  type ServersRequest,
} from './request.ts';

export interface ConformanceRequest extends ServersRequest {
  /** Names of the catalogue, or paths of lock modules; default: every reference lock of the catalogue. */
  readonly impl?: LockNames;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Only cases whose name contains this. */
  readonly case?: string;
  readonly topology?: Topology;
  /** Length of a lease; default 800. */
  readonly leaseMs?: number;
  /** How many times in a row; default 1. */
  readonly runs?: number;
}

/** One run of the table by one lock. */
export interface ConformanceOfLock {
  readonly lock: string;
  readonly topology: Topology;
  readonly run: number;
  readonly cases: readonly CaseResult[];
}

export interface ConformanceResult {
  /** Whether none of the cases that were run has failed. */
  readonly passed: boolean;
  readonly conformance: readonly ConformanceOfLock[];
  readonly interrupted: boolean;
}

export type ConformanceEvent =
  | { readonly type: 'lock'; readonly lock: string; readonly topology: Topology; readonly run: number }
  | ({ readonly type: 'case'; readonly lock: string } & CaseResult)
  | ({ readonly type: 'lock-ended' } & ConformanceOfLock);

/** A lease that timers of a busy machine do not miss. */
const LEASE_MS = 800;

const shape = {
  ...serversShape,
  impl: lockNames.optional(),
  options: lockOptions,
  case: z.string().default(''),
  topology: z.enum(TOPOLOGIES).optional(),
  leaseMs: leaseLength.optional(),
  runs: wholeNumber(1).default(1),
} satisfies Record<keyof ConformanceRequest, z.ZodType>;
const conformanceSchema = z.strictObject(shape);

export async function conformance(
  request: ConformanceRequest = {},
  options: CommandOptions<ConformanceEvent> = {},
): Promise<ConformanceResult> {
  const { impl, runs, backend, external, ...parsed } = parseRequest('conformance', conformanceSchema, request);
  const { signal, tell } = callerOf('conformance', request, options);
  const locks = await locksOf({ ...parsed, impl, all: impl === undefined });
  const cases = CASES.filter(({ name }) => name.includes(parsed.case));
  if (cases.length === 0) throw new UsageError(`no case has "${parsed.case}" in its name`);
  const leases = new Map(locks.map((lock) => [lock, leaseOf(lock.module, parsed.leaseMs, LEASE_MS)]));
  const results: ConformanceOfLock[] = [];
  const runAll = async (session: Session): Promise<void> => {
    for (let run = 1; run <= runs; run++) {
      for (const lock of locks) {
        if (signal.aborted) return;
        const { name, topologies } = lock.module;
        const topology = parsed.topology ?? topologies[0];
        tell({ type: 'lock', lock: name, topology, run });
        const onResult = (result: CaseResult): void => tell({ type: 'case', lock: name, ...result });
        const found = await runOne(
          session,
          { lock, leaseMs: leases.get(lock) ?? LEASE_MS, topology, backend, external, cases },
          signal,
          onResult,
        );
        const one = { lock: name, topology, run, cases: found };
        results.push(one);
        tell({ type: 'lock-ended', ...one });
      }
    }
  };
  await inSession((session) => unlessAborted(signal, () => runAll(session)));
  const failed = results.flatMap((result) => result.cases).some(({ outcome }) => outcome === 'failed');
  return { passed: !failed, conformance: results, interrupted: signal.aborted };
}

interface OneLock {
  readonly lock: LockUnderTest;
  readonly leaseMs: number;
  readonly topology: Topology;
  readonly backend: BackendChoice;
  readonly external: ExternalConfig;
  readonly cases: typeof CASES;
}

async function runOne(
  session: Session,
  { lock, leaseMs, topology, backend, external, cases }: OneLock,
  signal: AbortSignal,
  onResult: (result: CaseResult) => void,
): Promise<CaseResult[]> {
  const { module, url, options } = lock;
  const deployment = await realServers(
    session,
    { ...{ kind: module.backend, topology, backend, external }, clients: AT_ONCE * CLIENTS_PER_CASE },
    signal,
  );
  try {
    return await runCases({ session, module, url, options, leaseMs, deployment }, signal, onResult, cases);
  } finally {
    await deployment?.stop();
  }
}
