/** Making plans: fast-check arbitraries, sampled by a seed, so that the same seed always makes the same plans. */
import fc, { type Arbitrary } from 'fast-check';
import type { Hazard } from '../../implementations/claims.ts';
import type { Topology } from '../../implementations/lock.ts';
import { nodesOf, PLAN_VERSION, type Fault, type Plan } from './plan.ts';

export interface PlanSizes {
  readonly lock: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly topology: Topology;
  readonly scenario: string;
  readonly workers: number;
  readonly clientsPerWorker: number;
  readonly leaseMs: number;
  /** Longest hold in milliseconds; absent: the plan draws it. */
  readonly holdMs?: number;
  /** What the catalogue states for the lock: from a crashed holder's deadline to the next grant. */
  readonly recoverMs: number;
}

/** Room in the liveness bound for machines that are busy with something else. */
const RECOVER_ALLOWANCE_MS = 2500;

/** The plan number `index` of a run with this seed. */
export function makePlan(
  sizes: PlanSizes,
  hazards: readonly [Hazard] | readonly [Hazard, Hazard],
  seed: number,
  index: number,
): Plan {
  // Each plan has a stream of its own: adding one does not change the others.
  const [plan] = fc.sample(planArbitrary(sizes, hazards, index), { seed: mix(seed, index), numRuns: 1 });
  if (plan === undefined) throw new Error('fast-check made no plan');
  return { ...plan, seed };
}

/** Spreads (seed, index) over 32 bits (the finalizer of MurmurHash3). */
function mix(seed: number, index: number): number {
  let hash = (seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function planArbitrary(sizes: PlanSizes, hazards: readonly Hazard[], index: number): Arbitrary<Plan> {
  const faults = hazards.filter((hazard) => hazard !== 'none').map((hazard) => laneArbitrary(hazard, sizes));
  return fc
    .record({
      pace: paceArbitrary(sizes, hazards),
      // One key in most plans: contention is what locks are for. Undisturbed plans also show the speed.
      keys: hazards.includes('none')
        ? fc.constant(3)
        : fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(2) }),
      renew: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      lanes: fc.tuple(...faults),
    })
    .map(({ pace, keys, renew, lanes }) => ({
      holdfast: 'plan' as const,
      version: PLAN_VERSION as typeof PLAN_VERSION,
      index,
      seed: 0,
      lock: sizes.lock,
      options: { ...sizes.options },
      topology: sizes.topology,
      scenario: sizes.scenario,
      hazards: [...hazards],
      workers: sizes.workers,
      clientsPerWorker: sizes.clientsPerWorker,
      keys: Array.from({ length: keys }, (_, key) => `p${index}-${String.fromCharCode(97 + key)}`),
      lapseKey: `p${index}-lapse`,
      leaseMs: sizes.leaseMs,
      acquireTimeoutMs: sizes.leaseMs * 4,
      renew,
      ...pace,
      workMs: hazards.includes('none') ? 2500 : 1500,
      recoverMs: sizes.leaseMs + sizes.recoverMs + RECOVER_ALLOWANCE_MS,
      faults: lanes.flatMap((lane, number) =>
        lane.map((fault, place) => ({ ...fault, id: `f${number + 1}.${place + 1}` })),
      ),
    }));
}

/** Swarm: one plan hurries, another dawdles; holds sometimes outlast the lease. */
function paceArbitrary(sizes: PlanSizes, hazards: readonly Hazard[]): Arbitrary<Pick<Plan, 'holdsMs' | 'thinksMs'>> {
  const times = (from: number, to: number): Arbitrary<number[]> =>
    fc.array(fc.integer({ min: from, max: to }), { minLength: 12, maxLength: 12 });
  const { leaseMs } = sizes;
  const longest = sizes.holdMs;
  if (longest !== undefined)
    return fc.record({ holdsMs: times(0, longest), thinksMs: times(0, Math.ceil(longest / 2)) });
  if (hazards.length === 1 && hazards[0] === 'none') {
    return fc.record({ holdsMs: fc.constant([0, 1]), thinksMs: fc.constant([0]) });
  }
  const brisk = fc.record({ holdsMs: times(1, 15), thinksMs: times(0, 5) });
  const idle = fc.record({ holdsMs: times(1, 30), thinksMs: times(20, 120) });
  const slow = fc.record({ holdsMs: times(20, Math.floor(leaseMs / 4)), thinksMs: times(0, 20) });
  const overlong = fc.record({
    holdsMs: fc
      .tuple(times(1, 40), fc.integer({ min: leaseMs, max: Math.floor(leaseMs * 1.5) }))
      .map(([short, long]) => [...short, long]),
    thinksMs: times(0, 20),
  });
  return fc.oneof(
    { weight: 3, arbitrary: brisk },
    { weight: 3, arbitrary: slow },
    { weight: 2, arbitrary: idle },
    { weight: 1, arbitrary: overlong },
  );
}

type FaultWithoutId = Omit<Fault, 'id'>;

/** The faults of one hazard in one plan; they run one after another. */
function laneArbitrary(hazard: Hazard, sizes: PlanSizes): Arbitrary<FaultWithoutId[]> {
  if (hazard === 'none') return fc.constant([]);
  const { leaseMs } = sizes;
  const nodes = nodesOf(sizes.topology);
  const allNodes = range(nodes);
  const allWorkers = range(sizes.workers);
  const minority = Math.max(1, Math.ceil(nodes / 2) - 1);
  const majority = Math.floor(nodes / 2) + 1;
  const anyWorker = fc.integer({ min: 0, max: sizes.workers - 1 });
  const between = (min: number, max: number): Arbitrary<number> =>
    fc.integer({ min: Math.round(min), max: Math.round(max) });
  const someNodes = (count: number): Arbitrary<number[]> =>
    fc.shuffledSubarray(allNodes, { minLength: count, maxLength: count });
  const direction = fc.constantFrom('request' as const, 'reply' as const, 'both' as const);
  const aimedAt = (
    worker: number,
    moments: readonly NonNullable<Fault['aim']>['moment'][],
    plusMs: number,
  ): Arbitrary<Fault['aim']> =>
    fc.record({
      worker: fc.constant(worker),
      moment: fc.constantFrom(...moments),
      nth: between(1, 3),
      // Small delays are the likelier ones: most protocols are over in a few round trips.
      plusMs: fc.oneof(fc.constant(0), between(0, 5), between(0, plusMs)),
      withinMs: fc.constant(Math.round(leaseMs / 2)),
    });
  const several = (fault: Arbitrary<FaultWithoutId>, count: number): Arbitrary<FaultWithoutId[]> =>
    fc.array(fault, { minLength: count, maxLength: count });
  const gap = between(20, 150);

  switch (hazard) {
    case 'latency':
      // Short delays widen the windows between two commands; long ones outlast the lease.
      return fc
        .tuple(
          fc.record({ worker: anyWorker, delayMs: between(40, leaseMs / 3), direction, afterMs: gap }),
          fc.record({
            worker: anyWorker,
            delayMs: between(leaseMs * 0.7, leaseMs * 1.5),
            direction: fc.constantFrom('request' as const, 'reply' as const),
            afterMs: gap,
          }),
        )
        .map((faults) =>
          faults.map(({ worker, delayMs, direction: way, afterMs }) => ({
            hazard,
            afterMs,
            durationMs: Math.round(delayMs * 2 + 200),
            workers: [worker],
            nodes: allNodes,
            delayMs,
            direction: way,
          })),
        );
    case 'slow-node':
      return several(
        fc.record({
          hazard: fc.constant(hazard),
          afterMs: gap,
          durationMs: between(400, 700),
          workers: fc.constant(allWorkers),
          nodes: someNodes(nodes > 2 ? minority : 1),
          delayMs: fc.oneof(between(40, leaseMs / 4), between(leaseMs / 2, leaseMs * 1.2)),
          direction,
        }),
        2,
      );
    case 'late-request':
      return several(
        anyWorker.chain((worker) =>
          fc.record({
            hazard: fc.constant(hazard),
            afterMs: gap,
            durationMs: fc.constant(Math.round(leaseMs * 1.4)),
            aim: aimedAt(worker, ['acquire.ok', 'acquire.invoke'], 10),
            workers: fc.constant([worker]),
            nodes: fc.constant(allNodes),
            delayMs: between(leaseMs * 1.05, leaseMs * 1.3),
            direction: fc.constant('request' as const),
          }),
        ),
        2,
      );
    case 'reset':
      return several(
        anyWorker.chain((worker) =>
          fc.record({
            hazard: fc.constant(hazard),
            afterMs: gap,
            durationMs: between(100, 250),
            aim: aimedAt(worker, ['acquire.invoke', 'acquire.ok', 'release.invoke'], 20),
            workers: fc.constant([worker]),
            nodes: fc.constant(allNodes),
            delayMs: between(40, 90),
            direction: fc.constantFrom('request' as const, 'reply' as const),
          }),
        ),
        4,
      );
    case 'lost-reply':
      return several(
        anyWorker.chain((worker) =>
          fc.record({
            hazard: fc.constant(hazard),
            afterMs: gap,
            durationMs: between(150, 350),
            aim: aimedAt(worker, ['acquire.invoke', 'acquire.ok', 'release.invoke'], 20),
            workers: fc.constant([worker]),
            nodes: fc.constant(allNodes),
            direction: fc.constant('reply' as const),
          }),
        ),
        3,
      );
    case 'client-partition':
      return several(
        anyWorker.chain((worker) =>
          fc.record({
            hazard: fc.constant(hazard),
            afterMs: gap,
            durationMs: between(leaseMs * 1.2, leaseMs * 1.6),
            aim: aimedAt(worker, ['acquire.ok', 'acquire.invoke'], 10),
            workers: fc.constant([worker]),
            nodes: fc.constant(allNodes),
            direction: fc.constant('both' as const),
          }),
        ),
        2,
      );
    case 'client-pause':
      return fc
        .tuple(
          anyWorker.chain((worker) =>
            fc.record({
              worker: fc.constant(worker),
              aim: aimedAt(worker, ['acquire.ok'], 5),
              durationMs: between(leaseMs * 1.3, leaseMs * 1.6),
              afterMs: gap,
            }),
          ),
          anyWorker.chain((worker) =>
            fc.record({
              worker: fc.constant(worker),
              aim: aimedAt(worker, ['release.invoke', 'acquire.invoke', 'acquire.ok'], 20),
              durationMs: between(leaseMs * 1.1, leaseMs * 1.5),
              afterMs: gap,
            }),
          ),
        )
        .map((pauses) => pauses.map(({ worker, ...rest }) => ({ hazard, ...rest, workers: [worker], nodes: [] })));
    case 'client-crash':
      return several(
        anyWorker.chain((worker) =>
          fc.record({
            hazard: fc.constant(hazard),
            afterMs: gap,
            durationMs: between(50, 200),
            aim: aimedAt(worker, ['acquire.ok', 'acquire.invoke'], 20),
            workers: fc.constant([worker]),
            nodes: fc.constant([]),
          }),
        ),
        3,
      );
    case 'client-clock-jump':
      return several(
        anyWorker.chain((worker) =>
          fc.record({
            hazard: fc.constant(hazard),
            afterMs: gap,
            durationMs: between(300, 500),
            aim: aimedAt(worker, ['acquire.ok', 'acquire.invoke'], 10),
            workers: fc.constant([worker]),
            nodes: fc.constant([]),
            jumpMs: fc.constantFrom(-1, 1).map((sign) => sign * leaseMs * 10),
          }),
        ),
        2,
      );
    case 'server-pause':
      return several(
        fc.record({
          hazard: fc.constant(hazard),
          afterMs: gap,
          durationMs: between(leaseMs / 2, leaseMs * 1.3),
          workers: fc.constant([]),
          nodes: someNodes(Math.min(nodes, minority)),
        }),
        2,
      );
    case 'server-crash':
    case 'server-crash-volatile':
    case 'failover':
      return anyWorker.chain((worker) =>
        several(
          fc.record({
            hazard: fc.constant(hazard),
            afterMs: gap,
            durationMs: between(20, 250),
            aim: aimedAt(worker, ['acquire.ok'], 5),
            workers: fc.constant([]),
            // Losing the data of a majority of independent nodes is what shows that a quorum needs its disks.
            nodes: someNodes(hazard === 'server-crash-volatile' && nodes > 1 ? majority : 1),
          }),
          2,
        ),
      );
    case 'minority-partition':
      return several(
        fc.record({
          hazard: fc.constant(hazard),
          afterMs: gap,
          durationMs: between(leaseMs * 0.8, leaseMs * 1.4),
          workers: fc.shuffledSubarray(allWorkers, {
            minLength: Math.ceil(sizes.workers / 2),
            maxLength: sizes.workers,
          }),
          nodes: someNodes(minority),
          direction: fc.constant('both' as const),
        }),
        2,
      );
    case 'majority-partition':
      return several(
        fc.record({
          hazard: fc.constant(hazard),
          afterMs: gap,
          durationMs: between(leaseMs, leaseMs * 1.4),
          workers: fc.constant(allWorkers),
          nodes: someNodes(majority),
          direction: fc.constant('both' as const),
        }),
        1,
      );
    case 'clock-jump':
    case 'clock-jump-back':
    case 'clock-jump-majority':
      return anyWorker.chain((worker) =>
        several(
          fc.record({
            hazard: fc.constant(hazard),
            afterMs: gap,
            durationMs: between(300, 500),
            aim: aimedAt(worker, ['acquire.ok'], 5),
            workers: fc.constant([]),
            nodes: someNodes(hazard === 'clock-jump-majority' ? majority : 1),
            jumpMs: fc.constant((hazard === 'clock-jump-back' ? -1 : 1) * leaseMs * 10),
          }),
          1,
        ),
      );
  }
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
