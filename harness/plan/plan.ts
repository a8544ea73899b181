/** A plan: everything that a run will do, as plain JSON. No randomness is left for the run itself. */
import { z } from 'zod';
import { HAZARDS } from 'holdfast-locks/internal/claims';
import { TOPOLOGIES, type Topology } from 'holdfast-locks';
import { describeIssues } from '../base/issues.ts';
import { parseJson } from '../base/json.ts';
import { briefMs, freeSettings, MAX_MS, shortListOf, shortText } from '../base/limits.ts';
import { practiceSchema } from './practice.ts';
import { MOMENTS } from './moments.ts';
import { THROWING } from './throwing.ts';

export const PLAN_VERSION = 1;

const faultSchema = z.object({
  id: shortText,
  hazard: z.enum(HAZARDS).exclude(['none']),
  /** Milliseconds after the previous fault of the same hazard healed (the first: after the work began). */
  afterMs: briefMs,
  /**
   * The `nth` such moment of a worker, plus `plusMs`; waited for no longer than `withinMs`. Of its `start`: the fault
   * strikes then. Of its `end`: it is in force before, and its duration counts from then.
   */
  aim: z
    .object({
      of: z.enum(['start', 'end']),
      worker: z.number().int().nonnegative(),
      moment: z.enum(MOMENTS),
      nth: z.number().int().positive(),
      plusMs: briefMs,
      withinMs: briefMs.positive(),
    })
    .optional(),
  durationMs: briefMs,
  /** Whom it touches. Network faults touch the links between these workers and these nodes. */
  workers: shortListOf(z.number().int().nonnegative()),
  nodes: shortListOf(z.number().int().nonnegative()),
  /** Touches whoever leads the servers when it strikes; `nodes` is then empty. */
  leader: z.boolean().optional(),
  /** Of delays. */
  delayMs: briefMs.positive().optional(),
  /** Of what crosses the network: what workers send, what servers answer, or both. */
  direction: z.enum(['request', 'reply', 'both']).optional(),
  /** Of clocks: by how much, backwards if negative. */
  jumpMs: z.number().min(-MAX_MS).max(MAX_MS).optional(),
});
export type Fault = z.infer<typeof faultSchema>;

/** How long a fault takes from the healing of the one before, in milliseconds. */
const lastsAtMost = ({ afterMs, aim, durationMs }: Fault): number =>
  afterMs + durationMs + (aim === undefined ? 0 : aim.withinMs + aim.plusMs);

const fields = z.object({
  holdfast: z.literal('plan'),
  version: z.literal(PLAN_VERSION),
  /** Place among the plans of its run. */
  index: z.number().int().nonnegative(),
  /** The seed that made it; the plan itself is explicit. */
  seed: z.number().int(),
  /** What the simulation draws its latencies and ties from; absent: from `seed` and `index`. */
  timing: z.number().int().optional(),
  /** Of the simulation: part by which the clocks of its machines run fast or slow at most. Absent: all run alike. */
  clockSkew: z.number().positive().max(0.1).optional(),
  /** Name in the catalogue, or path of a lock module. */
  lock: shortText,
  options: freeSettings,
  topology: z.enum(TOPOLOGIES),
  scenario: shortText,
  hazards: z.array(z.enum(HAZARDS)).min(1).max(2),
  workers: z.number().int().min(1).max(10),
  clientsPerWorker: z.number().int().positive().max(1000),
  keys: shortListOf(shortText.min(1)).min(1),
  /** One more client in each worker takes this key, never renews, and overstays: leases that end by their deadline. Absent: none. */
  lapseKey: shortText.min(1).optional(),
  /** Workers that have such a client, the first ones. Absent: all. */
  overstayers: z.number().int().positive().optional(),
  leaseMs: briefMs.positive(),
  /** Lengths of leases, used in turn, cycle by cycle. Absent: all are of `leaseMs`. */
  leasesMs: shortListOf(briefMs.positive()).min(1).optional(),
  acquireTimeoutMs: briefMs.positive(),
  renew: z.boolean(),
  /** Hold and think times, used in turn. */
  holdsMs: shortListOf(briefMs).min(1),
  thinksMs: shortListOf(briefMs).min(1),
  /** What clients practise because the lock claims it: used in turn, cycle by cycle. Absent: plain cycles only. */
  practice: practiceSchema.optional(),
  /** What scenarios sell or give away is never used up: of benchmarks. */
  endless: z.boolean().optional(),
  /** Where routines of clients throw: used in turn, cycle by cycle. Absent: nowhere. */
  throws: shortListOf(z.enum(THROWING)).min(1).optional(),
  /** How often one wait may be bypassed, as the lock states it. */
  bypass: z.number().int().nonnegative().max(1_000_000).optional(),
  /** Room for handing over and for being slow, in the verdicts on fairness, reentrancy and sharing. */
  allowanceMs: briefMs.optional(),
  /** Each client ends after so many cycles, and the run when all have; without, the run lasts as `workMs` says. */
  cycles: z.number().int().positive().max(1_000_000).optional(),
  /** The work lasts at least this long; longer while faults go on. */
  workMs: briefMs.positive(),
  /** Bound of the liveness verdict: waiting for a grant while no fault is active and no lease can be in force. */
  recoverMs: briefMs.positive(),
  /** How long whoever waits may take to be granted a lock that was released. Absent: not judged. */
  handoverMs: briefMs.positive().optional(),
  /** How much longer than its timeout an acquire may take. Absent: not judged. */
  settleMs: briefMs.positive().optional(),
  faults: shortListOf(faultSchema),
});

export const planSchema = fields.superRefine((plan, context) => {
  const inRowMs = plan.faults.reduce((sum, fault) => sum + lastsAtMost(fault), 0);
  if (inRowMs > MAX_MS)
    context.addIssue({ code: 'custom', path: ['faults'], message: `expected at most ${MAX_MS} ms of faults` });
  // What names nothing would quietly not be done.
  for (const [index, { hazard, workers, nodes, aim }] of plan.faults.entries()) {
    const expect = (good: boolean, field: string, message: string): void => {
      if (!good) context.addIssue({ code: 'custom', path: ['faults', index, field], message });
    };
    const aimed = aim === undefined ? [] : [aim.worker];
    expect(plan.hazards.includes(hazard), 'hazard', `"${hazard}" is not among the plan's hazards`);
    expect(
      workers.every((worker) => worker < plan.workers),
      'workers',
      `the plan has ${plan.workers} workers`,
    );
    expect(
      aimed.every((worker) => worker < plan.workers),
      'aim',
      `the plan has ${plan.workers} workers`,
    );
    expect(
      nodes.every((node) => node < nodesOf(plan.topology)),
      'nodes',
      `"${plan.topology}" has ${nodesOf(plan.topology)}`,
    );
  }
});
export type Plan = z.infer<typeof planSchema>;

/** A plan file that cannot be used, and why in one line. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** @throws PlanError */
export function parsePlan(text: string, file: string): Plan {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new PlanError(`${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const version = z.looseObject({ holdfast: z.literal('plan'), version: z.number() }).safeParse(value);
  if (!version.success) throw new PlanError(`${file} is not a plan (no "holdfast": "plan")`);
  if (version.data.version > PLAN_VERSION) {
    const { version: found } = version.data;
    throw new PlanError(
      `${file} is a plan of version ${found}; this program knows up to ${PLAN_VERSION}: update holdfast`,
    );
  }
  const parsed = planSchema.safeParse(value);
  if (!parsed.success) throw new PlanError(`${file} is not a valid plan: ${describeIssues(parsed.error)}`);
  return parsed.data;
}

/** Logical clients of a plan; client = process mod clients, worker = client mod workers. */
export const clientsOf = ({ workers, clientsPerWorker }: Pick<Plan, 'workers' | 'clientsPerWorker'>): number =>
  workers * (clientsPerWorker + 1);

/** Every name that clients of a plan may take. */
export const namesOf = ({ keys, lapseKey }: Pick<Plan, 'keys' | 'lapseKey'>): string[] => [
  ...keys,
  ...(lapseKey === undefined ? [] : [lapseKey]),
  meetingKeyOf(keys),
];

/** Where whoever shares meets somebody to share with. */
export const meetingKeyOf = ([first = '']: readonly string[]): string => `${first}-meeting`;

/** The worker that a process number of the plan's histories belongs to. */
export const workerOf = (plan: Plan, process: number): number => (process % clientsOf(plan)) % plan.workers;

interface Size {
  /** Servers that workers reach. */
  readonly nodes: number;
  /** The first of them, which keep what locks write; the others watch. Default: all. */
  readonly data?: number;
  /** Whether they depend on each other, so that one of them leads. */
  readonly replicated: boolean;
}

const SIZES: Readonly<Record<Topology, Size>> = {
  single: { nodes: 1, replicated: false },
  '5 independent nodes': { nodes: 5, replicated: false },
  'primary and replica': { nodes: 2, replicated: true },
  'primary and synchronous replica': { nodes: 2, replicated: true },
  // A primary and two replicas, and three that watch them.
  sentinel: { nodes: 6, data: 3, replicated: true },
  // Three primaries and a replica of each.
  cluster: { nodes: 6, replicated: true },
  '3-node quorum': { nodes: 3, replicated: true },
};

export const nodesOf = (topology: Topology): number => SIZES[topology].nodes;

/** Servers that keep data; they come first. */
export const dataNodesOf = (topology: Topology): number => SIZES[topology].data ?? nodesOf(topology);

/** Whether its servers depend on each other: a partition then lies between servers, and one of them leads. */
export const separable = (topology: Topology): boolean => SIZES[topology].replicated;

/** Whether its servers answer before their replicas have heard of it. */
export const replicatesLater = (topology: Topology): boolean =>
  topology === 'sentinel' || topology === 'cluster' || topology === 'primary and replica';
