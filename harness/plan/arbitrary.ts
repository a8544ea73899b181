/** Making plans: fast-check arbitraries, sampled by a seed, so that the same seed always makes the same plans. */
import fc, { type Arbitrary } from 'fast-check';
import type { Hazard } from 'holdfast-locks/internal/claims';
import type { LockModule, Topology } from 'holdfast-locks';
import { promptnessOf, recoverAllowanceMs } from './allowance.ts';
import { Draw, type DrawnHazard, type FaultWithoutId, type LaneSizes } from './draw.ts';
import { practiceArbitrary, practisedOf, type Practised } from './practice.ts';
import { THROWING } from './throwing.ts';
import { variedArbitrary, type Varied } from './varied.ts';
import { dataNodesOf, nodesOf, PLAN_VERSION, separable, type Plan } from './plan.ts';

export interface PlanSizes {
  readonly lock: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly topology: Topology;
  readonly scenario: string;
  readonly workers: number;
  readonly clientsPerWorker: number;
  /** That is what somebody asked for, in every plan. */
  readonly clientsFixed?: boolean;
  readonly leaseMs: number;
  /** How many times as long as usual clients may hold and think at most; default 1. */
  readonly pace?: number;
  /** Longest hold in milliseconds; absent: the plan draws it. */
  readonly holdMs?: number;
  /** What the catalogue states for the lock: from a crashed holder's deadline to the next grant. */
  readonly recoverMs: number;
  /** See `LockModule`. */
  readonly handoverMs?: number;
  readonly settleMs?: number;
  readonly leastLeaseMs?: number;
  /** What the lock claims beyond an exclusive lease; absent: nothing. */
  readonly practised?: Practised;
  /** How many names the scenario takes at least; default 1. */
  readonly leastKeys?: number;
  /** Routines of clients throw now and then. */
  readonly throwing?: boolean;
}

/** The lease that holds and pauses of clients are made for. */
const USUAL_LEASE_MS = 600;

/** Clients still do something every few seconds: libraries close connections that are idle for ten. */
const SLOWEST = 40;

/** How much slower clients may be with a longer lease, for virtual time costs by events. */
export const paceOf = (leaseMs: number): number => Math.min(SLOWEST, Math.max(1, leaseMs / USUAL_LEASE_MS));

/** The longest that the faults of a plan last with the usual lease. */
const USUAL_FAULTS_MS = 3500;
/** Workers that have a client that overstays, in slow plans: one holds, and one waits for it. */
const SLOW_OVERSTAYERS = 2;

/**
 * How much slower clients are in a plan with these faults. Faults that outlast leases are as long as those; others, with
 * clients so slow, would meet nobody.
 */
function paceFor(lanes: readonly (readonly FaultWithoutId[])[], most = 1): number {
  const lengths = lanes.map((lane) => lane.reduce((sum, { afterMs, durationMs }) => sum + afterMs + durationMs, 0));
  return Math.min(most, Math.max(1, ...lengths.map((ms) => ms / USUAL_FAULTS_MS)));
}

/** What a lock module itself says of the plans for it. */
export function sizesOf(
  module: Pick<LockModule, 'claims' | 'turns' | 'load' | 'recoverMs' | 'handoverMs' | 'settleMs' | 'leastLeaseMs'>,
): Pick<
  PlanSizes,
  'clientsPerWorker' | 'holdMs' | 'recoverMs' | 'handoverMs' | 'settleMs' | 'leastLeaseMs' | 'practised'
> {
  const practised = practisedOf(module);
  const { recoverMs, handoverMs, settleMs, leastLeaseMs } = module;
  return {
    clientsPerWorker: module.load?.clientsPerWorker ?? 1,
    ...{ recoverMs, handoverMs, settleMs, leastLeaseMs },
    practised,
    holdMs: module.load?.holdMs,
  };
}

/** Undisturbed plans are also where the speed is read off. */
const UNDISTURBED_MS = 3500;
const LEAST_WORK_MS = 1500;
/** Waiting in vain takes its time, and counts only while nothing disturbs it. */
const LEAST_PRACTICE_MS = 2500;

/**
 * How much is asked of the lock. `free`: a client that comes finds it free more often than not. `busy`: held about half of
 * the time by each half of the clients. `crowded`: there is a queue at every moment. Some mistakes show in one of them only:
 * a renewal that sets a vanished key needs nobody there, a token drawn after the grant needs somebody.
 */
export const REGIMES = ['busy', 'free', 'crowded'] as const;
export type Regime = (typeof REGIMES)[number];

const KEYS: Readonly<Record<Regime, number>> = { free: 3, busy: 2, crowded: 1 };

/**
 * The plan number `index` of a run with this seed. In a `plain` one nothing is practised, and all leases are of one length: it
 * is where the speed is read off. Other plans without faults have leases of several lengths.
 */
export type MakePlan = (
  sizes: PlanSizes,
  hazards: readonly [Hazard] | readonly [Hazard, Hazard],
  seed: number,
  index: number,
  regime: Regime,
  plain?: boolean,
) => Plan;

/** @param known all hazards that disturb; plans may have faults of these */
export function planMaker(known: readonly DrawnHazard[]): MakePlan {
  const byName: HazardsByName = new Map(known.map((hazard) => [hazard.name, hazard]));
  return ({ practised, ...plainSizes }, hazards, seed, index, regime, plain = false) => {
    const sizes = plain || practised === undefined ? plainSizes : { ...plainSizes, practised };
    const plans = planArbitrary(byName, sizes, hazards, index, regime, plain);
    // Each plan has a stream of its own: adding one does not change the others.
    const [plan] = fc.sample(plans, { seed: mix(seed, index), numRuns: 1 });
    if (plan === undefined) throw new Error('fast-check made no plan');
    return { ...plan, seed };
  };
}

type HazardsByName = ReadonlyMap<Hazard, DrawnHazard>;

/** Faults of one lane follow one another. */
function laneArbitrary(known: HazardsByName, name: Hazard, sizes: LaneSizes): Arbitrary<FaultWithoutId[]> {
  if (name === 'none') return fc.constant([]);
  const hazard = known.get(name);
  if (hazard === undefined) throw new Error(`"${name}" is no hazard that faults can be drawn of`);
  return fc.tuple(...hazard.draw(new Draw(sizes))).map((faults) => faults.map((fault) => ({ hazard: name, ...fault })));
}

/** Spreads (seed, index) over 32 bits (the finalizer of MurmurHash3). */
function mix(seed: number, index: number): number {
  let hash = (seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function planArbitrary(
  known: HazardsByName,
  sizes: PlanSizes,
  hazards: readonly Hazard[],
  index: number,
  regime: Regime,
  plain: boolean,
): Arbitrary<Plan> {
  const { practised } = sizes;
  const undisturbed = hazards.includes('none');
  const promptness = promptnessOf(sizes);
  const queues = undisturbed && practised?.fairness === true && !overstayersQueue(sizes.leaseMs, practised.allowanceMs);
  const varies = undisturbed && !plain && !queues;
  const lanes = hazards.map((hazard) => laneArbitrary(known, hazard, { ...sizes, ...serversOf(sizes.topology) }));
  return fc
    .record({
      times: timesArbitrary(sizes, undisturbed && plain, regime),
      keys: fc.constant(Math.max(undisturbed && plain ? 3 : queues ? 1 : KEYS[regime], sizes.leastKeys ?? 1)),
      renew: regime === 'crowded' ? fc.boolean() : fc.constant(true),
      lanes: fc.tuple(...lanes),
      ...(sizes.throwing === true && !plain && { throws: throwsArbitrary }),
      practice: practised === undefined ? fc.constant(undefined) : practiceArbitrary(practised, sizes.leaseMs),
      varied: varies
        ? variedArbitrary({ leaseMs: sizes.leaseMs, leastLeaseMs: sizes.leastLeaseMs ?? 0, ...promptness })
        : fc.constant(undefined),
    })
    .map((drawn) => ({ ...drawn, pace: paceFor(drawn.lanes, sizes.pace) }))
    .map((drawn) => ({
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
      keys: Array.from({ length: drawn.keys }, (_, key) => `p${index}-${String.fromCharCode(97 + key)}`),
      // Begins as the first key does: locks that find what is theirs by a common beginning mix them up.
      lapseKey: `p${index}-a_-lapse`,
      ...(drawn.pace > 1 && sizes.workers > SLOW_OVERSTAYERS ? { overstayers: SLOW_OVERSTAYERS } : {}),
      leaseMs: sizes.leaseMs,
      // In the order of the schema, so that a plan that was read is written as it was.
      ...(drawn.varied?.leasesMs === undefined ? {} : { leasesMs: drawn.varied.leasesMs }),
      acquireTimeoutMs: Math.max(sizes.leaseMs, queues ? practised.allowanceMs : 0) * 4,
      renew: drawn.renew,
      ...(drawn.throws === undefined ? {} : { throws: drawn.throws }),
      ...(queues ? withLongHolds(drawn.times(drawn.pace), practised.allowanceMs) : drawn.times(drawn.pace)),
      ...(drawn.varied === undefined ? {} : variedFor(sizes, drawn.varied)),
      ...(practised === undefined
        ? {}
        : { practice: drawn.practice, bypass: practised.bypass, allowanceMs: practised.allowanceMs }),
      workMs:
        undisturbed && (plain || practised !== undefined)
          ? UNDISTURBED_MS
          : practised === undefined
            ? LEAST_WORK_MS
            : LEAST_PRACTICE_MS,
      recoverMs: sizes.recoverMs + recoverAllowanceMs(sizes.leaseMs),
      ...promptness,
      faults: drawn.lanes.flatMap((lane, number) =>
        lane.map((fault, place) => ({ id: `f${number + 1}.${place + 1}`, ...fault })),
      ),
    }));
}

/** Clients of one process, at least, in some of the plans whose load varies. */
const SEVERAL = 2;

/** Who says how long clients hold, or how many there are, is heeded. */
function variedFor(sizes: PlanSizes, { holdsMs, several, ...varied }: Varied): Partial<Plan> {
  const { holdMs, clientsPerWorker, clientsFixed = false } = sizes;
  return {
    ...varied,
    ...(holdMs === undefined ? { holdsMs } : {}),
    ...(several && !clientsFixed ? { clientsPerWorker: Math.max(clientsPerWorker, SEVERAL) } : {}),
  };
}

/** Clients that overstay wait for one another long enough, and ask again meanwhile, only where leases are neither short nor long. */
const overstayersQueue = (leaseMs: number, allowanceMs: number): boolean =>
  leaseMs * 2 > allowanceMs && leaseMs <= USUAL_LEASE_MS * 2;

/** Some holds are longer than what a fair lock is allowed, and whoever had it asks again at once: others must be served first. */
function withLongHolds({ holdsMs, thinksMs }: Times, allowanceMs: number): Times {
  const isLong = (index: number): boolean => index % 6 === 1;
  return {
    holdsMs: holdsMs.map((ms, index) => (isLong(index) ? Math.ceil(allowanceMs * 1.2) : ms)),
    thinksMs: thinksMs.map((ms, index) => (isLong(index - 1) ? 0 : ms)),
  };
}

type Times = Pick<Plan, 'holdsMs' | 'thinksMs'>;
/** Some follow the pace of the clients, others the lease. */
type PacedTimes = (pace: number) => number[];

/** Of a length that has no factor in common with the number of keys. */
const throwsArbitrary = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant('never' as const) },
    { weight: 1, arbitrary: fc.constantFrom(...THROWING) },
  ),
  { minLength: 11, maxLength: 11 },
);

/** How long clients hold and think. */
function timesArbitrary(sizes: PlanSizes, plain: boolean, regime: Regime): Arbitrary<(pace: number) => Times> {
  const { leaseMs } = sizes;
  const drawn = (from: number, to: number): Arbitrary<number[]> =>
    fc.array(fc.integer({ min: from, max: Math.max(from, to) }), { minLength: 12, maxLength: 12 });
  const fixed = (from: number, to: number): Arbitrary<PacedTimes> => drawn(from, to).map((ms) => () => ms);
  const paced = (from: number, to: number): Arbitrary<PacedTimes> =>
    drawn(from, to).map((ms) => (pace) => (pace === 1 ? ms : ms.map((one) => Math.round(one * pace))));
  const record = (holds: Arbitrary<PacedTimes>, thinks: Arbitrary<PacedTimes>): Arbitrary<(pace: number) => Times> =>
    fc.record({ holds, thinks }).map((of) => (pace) => ({ holdsMs: of.holds(pace), thinksMs: of.thinks(pace) }));
  if (sizes.holdMs !== undefined) return record(fixed(0, sizes.holdMs), fixed(0, Math.ceil(sizes.holdMs / 2)));
  if (plain)
    return record(
      fc.constant(() => [0, 1]),
      fc.constant(() => [0]),
    );
  if (regime === 'free') return record(paced(1, 40), paced(20, 140));
  if (regime === 'busy') return record(paced(30, 150), paced(20, 140));
  const brisk = record(paced(1, 15), paced(0, 5));
  const slow = record(fixed(20, Math.floor(leaseMs / 4)), paced(0, 20));
  // Now and then a hold outlasts the lease, renewed or not.
  const overlongHolds = fc
    .tuple(paced(1, 40), fc.integer({ min: leaseMs, max: Math.floor(leaseMs * 1.5) }))
    .map(([short, long]): PacedTimes => (pace) => [...short(pace), long]);
  const overlong = record(overlongHolds, paced(0, 20));
  return fc.oneof({ weight: 2, arbitrary: brisk }, { weight: 2, arbitrary: slow }, { weight: 1, arbitrary: overlong });
}

const serversOf = (topology: Topology): Pick<LaneSizes, 'nodes' | 'dataNodes' | 'replicated'> => ({
  nodes: nodesOf(topology),
  dataNodes: dataNodesOf(topology),
  replicated: separable(topology),
});
