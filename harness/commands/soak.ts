/** `soak`: searches the simulation on all cores for as long as it is given, and keeps what it finds. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { TOPOLOGIES, type Topology } from 'holdfast-locks';
import { HAZARDS, type Hazard } from 'holdfast-locks/internal/claims';
import { paceOf, sizesOf } from '../plan/arbitrary.ts';
import { hazardsOf } from '../faults/available.ts';
import type { Plan } from '../plan/plan.ts';
import type { SearchSpace } from '../plan/search-space.ts';
import type { LockUnderTest } from '../run/request.ts';
import { chooseProvisioner } from './choose-provisioner.ts';
import type { Shown } from '../verdict/matrix.ts';
import { callerOf, type Caller, type CommandOptions } from './caller.ts';
import { inSession, unlessAborted } from './in-session.ts';
import { keepPlan } from './keep-plan.ts';
import { leaseOf, resolveLock } from './locks.ts';
import { leaseLength, lockOptions, milliseconds, parseRequest, seed, serversShape, wholeNumber } from './request.ts';
import { makeOutputFolder } from './output-folder.ts';
import { shrinkPlan } from './shrink-plan.ts';
import { LEASE_MS } from './verify-request.ts';
import { soakSearch, type SoakNews, type SoakProgress } from './soak-search.ts';

export interface SoakRequest {
  /** Lock to test: a name of the catalogue, or the path of a lock module from the current folder. */
  readonly impl: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** How long; default: 600 000, or as long as `schedules` take. */
  readonly timeMs?: number;
  /** How many, if they end before the time. */
  readonly schedules?: number;
  /** Where the search begins; default: drawn. */
  readonly seed?: number;
  readonly topology?: Topology;
  /** Length of a lease; default 600. */
  readonly leaseMs?: number;
  /** Only these hazards; default: all that there are for the lock. */
  readonly hazards?: readonly Hazard[];
  /** Where counterexamples are kept; default `runs/soak` in the current folder. */
  readonly out?: string;
}

/** A broken promise or a breach, the first of its kind. */
export interface SoakFind {
  /** The property that is violated, or the kind of the breach. */
  readonly property: Shown;
  readonly hazards: readonly Hazard[];
  /** As small as it could be made. */
  readonly plan: Plan;
  /** Where the plan is kept. */
  readonly file: string;
}

export interface SoakResult extends SoakProgress {
  readonly found: readonly SoakFind[];
  readonly interrupted: boolean;
}

export type SoakEvent =
  /** Every five seconds, and at the end of the search. */
  | ({ readonly type: 'searched' } & SoakProgress)
  /** After the search, when its plan has been made smaller and is kept. */
  | ({ readonly type: 'found' } & SoakFind);

const WORKERS = 4;
const TIME_MS = 600_000;
/** Of the time of the search, what may be spent beside it on making plans smaller. */
const SHRINKING = 1 / 12;

const shape = {
  impl: z.string().min(1),
  options: lockOptions,
  timeMs: milliseconds.optional(),
  schedules: wholeNumber(1).optional(),
  seed,
  topology: z.enum(TOPOLOGIES).optional(),
  leaseMs: leaseLength.optional(),
  hazards: z.array(z.enum(HAZARDS)).min(1).readonly().optional(),
  out: z.string().default(join('runs', 'soak')),
} satisfies Record<keyof SoakRequest, z.ZodType>;
const soakSchema = z.strictObject(shape);
type SoakParsed = z.output<typeof soakSchema>;

export async function soak(request: SoakRequest, options: CommandOptions<SoakEvent> = {}): Promise<SoakResult> {
  const parsed = parseRequest('soak', soakSchema, request);
  const lock = await resolveLock(parsed.impl, parsed.options);
  // What is found is kept at the end of a long search: it is known now whether it can be.
  const made = makeOutputFolder(parsed.out);
  if (made !== undefined) rmSync(made, { recursive: true });
  const topology = parsed.topology ?? lock.module.topologies[0];
  await chooseProvisioner('sim', lock.module, topology);
  const space = spaceOf(lock, topology, parsed);
  const caller = callerOf('soak', request, options);
  const { signal, tell } = caller;
  const effort = {
    timeMs: parsed.timeMs ?? (parsed.schedules === undefined ? TIME_MS : Infinity),
    most: parsed.schedules ?? Infinity,
  };
  const kinds: SoakNews[] = [];
  const progress = await soakSearch(
    lock,
    space,
    effort,
    signal,
    (found) => kinds.push(found),
    (now) => tell({ type: 'searched', ...now }),
  );
  const found = await keepAll(lock, kinds, parsed.out, effort.timeMs * SHRINKING, caller);
  return { ...progress, found, interrupted: signal.aborted };
}

/** Makes their plans smaller, while there is time, the same for each, and keeps them. */
async function keepAll(
  lock: LockUnderTest,
  kinds: readonly SoakNews[],
  out: string,
  timeMs: number,
  { signal, tell }: Caller<SoakEvent>,
): Promise<SoakFind[]> {
  if (kinds.length === 0) return [];
  return inSession(async (session) => {
    const external = serversShape.external.parse(undefined);
    const ground = { session, lock, backend: 'sim', external, signal, tell: () => undefined } as const;
    const found: SoakFind[] = [];
    const endsAtMs = performance.now() + timeMs;
    for (const [index, { plan: whole, property, hazards }] of kinds.entries()) {
      const leftMs = (endsAtMs - performance.now()) / (kinds.length - index);
      const shrunk =
        leftMs <= 0
          ? undefined
          : await unlessAborted(signal, () => shrinkPlan({ ...ground, timeMs: leftMs }, whole, property));
      const plan = shrunk?.plan ?? whole;
      const find: SoakFind = { property, hazards, plan, file: keepPlan(plan, out) };
      found.push(find);
      tell({ type: 'found', ...find });
    }
    return found;
  });
}

function spaceOf(lock: LockUnderTest, topology: Topology, request: SoakParsed): SearchSpace {
  const { module, reference, options } = lock;
  const leaseMs = leaseOf(module, request.leaseMs, LEASE_MS);
  const asked = {
    lock: reference,
    options,
    topology,
    scenario: 'shared-counter',
    workers: WORKERS,
    leaseMs,
    pace: paceOf(leaseMs),
  };
  const hazards = request.hazards ?? hazardsOf(topology, module.backend);
  return { sizes: { ...asked, ...sizesOf(module) }, hazards, seed: request.seed };
}
