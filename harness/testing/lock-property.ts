/** A lock as a property of fast-check: whatever the plan, no promise is broken in the simulation of it. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { TOPOLOGIES, type Topology } from 'holdfast-locks';
import { claimOn, HAZARDS, isPromise, PROPERTIES, type Hazard, type Property } from 'holdfast-locks/internal/claims';
import { z } from 'zod';
import { UsageError } from '../base/errors.ts';
import { describeIssues } from '../base/issues.ts';
import { hazardsOf } from '../faults/available.ts';
import { sizesOf } from '../plan/arbitrary.ts';
import type { Plan } from '../plan/plan.ts';
import { scenarioUrl } from '../run/scenarios.ts';
import type { LockFacts } from '../sim/search/messages.ts';
import { Pool } from '../sim/search/pool.ts';
import { simulatedOf } from '../sim/servers/simulated.ts';
import { Matrix } from '../verdict/matrix.ts';
import { planArbitrary } from './plans.ts';
import { violationOf } from './violation.ts';

export interface LockPropertyOptions {
  /** Only these hazards; default: all under which the lock promises something of `properties`. */
  readonly hazards?: readonly Hazard[];
  /** Only these properties are judged; default: all that the lock claims. */
  readonly properties?: readonly Property[];
  /** Default: the first of the lock's. */
  readonly topology?: Topology;
  /** Default 600, or the shortest that the lock grants. */
  readonly leaseMs?: number;
  /** Worker processes in a plan at most; default 4. */
  readonly workers?: number;
  /** Of the lock. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The folder in which failing plans are kept; default `runs/testing` in the current folder. */
  readonly out?: string;
}

const shape = {
  hazards: z.array(z.enum(HAZARDS)).min(1).optional(),
  properties: z.array(z.enum(PROPERTIES)).min(1).optional(),
  topology: z.enum(TOPOLOGIES).optional(),
  leaseMs: z.number().positive().default(600),
  workers: z.int().min(2).max(10).optional(),
  options: z.record(z.string(), z.unknown()).default({}),
  out: z.string().default(join('runs', 'testing')),
} satisfies Record<keyof LockPropertyOptions, z.ZodType>;
const schema = z.strictObject(shape);
type Asked = z.output<typeof schema>;

/** One thread for all properties of a program: fast-check runs a plan only when it has seen what became of the last. */
let pool: Pool | undefined;

/**
 * The property that the lock of a module keeps its promises, for `fc.assert`. A plan that breaks one is kept in a file; the
 * property then fails with a `ViolationError`, whose message has the story and the command that replays it.
 *
 * @param lock the lock module: a path from the current folder, or the URL of a file
 * @throws UsageError for a module that is no lock, has no simulation, or promises nothing of what is asked for
 */
export async function lockProperty(
  lock: string | URL,
  options: LockPropertyOptions = {},
): Promise<fc.IAsyncPropertyWithHooks<[Plan]>> {
  const parsed = schema.safeParse(options);
  if (!parsed.success) throw new UsageError(`lockProperty: ${describeIssues(parsed.error)}`);
  const { out, options: lockOptions, leaseMs, workers } = parsed.data;
  const file = fileOf(lock);
  pool ??= new Pool(1);
  const url = pathToFileURL(file).href;
  const run = await pool.load(url, scenarioUrl('shared-counter')).catch((error: unknown) => {
    throw error instanceof UsageError ? new UsageError(error.message.replaceAll(url, file), { cause: error }) : error;
  });
  const { claims, backend, topologies, leastLeaseMs = 0 } = run.lock;
  const topology = parsed.data.topology ?? topologies[0];
  simulatedOf(backend, topology);
  const hazards = promisedHazards(run.lock, topology, parsed.data);
  const isJudged = (property: Property): boolean => parsed.data.properties?.includes(property) ?? true;
  const plans = planArbitrary({
    ...{ lock: file, options: lockOptions, topology, hazards, leaseMs: Math.max(leaseMs, leastLeaseMs) },
    ...sizesOf(run.lock),
    ...(workers === undefined ? {} : { workers }),
  });
  return fc.asyncProperty(plans, async (plan) => {
    const matrix = new Matrix({ claims, hazards, listed: [], limits: {} });
    const { judgement } = await run.simulate(plan);
    const broken = matrix.add(judgement).find(({ charged }) => isJudged(charged.finding.property));
    if (broken !== undefined) throw violationOf(broken, out);
  });
}

function fileOf(lock: string | URL): string {
  const file = lock instanceof URL || lock.startsWith('file:') ? fileURLToPath(lock) : resolve(lock);
  if (!existsSync(file)) throw new UsageError(`${String(lock)}: no such file; which lock module shall be tested?`);
  return file;
}

/** Hazards under which something is promised: a plan under any other could not fail. */
function promisedHazards({ name, claims, backend }: LockFacts, topology: Topology, asked: Asked): readonly Hazard[] {
  const properties = asked.properties ?? PROPERTIES;
  const promised = hazardsOf(topology, backend).filter((hazard) =>
    properties.some((property) => isPromise(claimOn(claims, property, hazard))),
  );
  const what = `${name} (${topology}) promises nothing of ${properties.join(', ')}`;
  if (promised.length === 0) throw new UsageError(what);
  const vain = asked.hazards?.find((hazard) => !promised.includes(hazard));
  if (vain !== undefined) throw new UsageError(`${what} under ${vain}; it does under: ${promised.join(', ')}`);
  return asked.hazards ?? promised;
}
