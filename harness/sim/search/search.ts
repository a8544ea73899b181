/** Small plans for the search: few workers, few cycles, and something different in each. */
import type { Hazard } from 'holdfast-locks/internal/claims';
import { bothMoveClocks } from '../../faults/available.ts';
import { hazardNamed } from '../../faults/hazards/table.ts';
import { makePlan } from '../../faults/plans.ts';
import { REGIMES, type PlanSizes } from '../../plan/arbitrary.ts';
import type { Fault, Plan } from '../../plan/plan.ts';
import type { SearchSpace, Struck } from '../../plan/search-space.ts';
import { mix, Random } from '../../base/random.ts';

const STREAM = 7_000;
const CYCLES = [1, 2, 3, 3, 5];
/** By at most half of this, faults are moved: a round trip takes about a millisecond. */
const SHIFT_MS = 6;
/** Pairs of hazards in one search. */
const PAIRS = 6;
const WORKERS = [2, 3, 3, 4];
/** As machines that keep time have it, and just within the hundredth that locks allow for two clocks. */
const SKEWS = [undefined, undefined, 0.0005, 0.004];
/** Of the plans without faults: the load of so many varies, and in so many more long leases lapse. Both take their time. */
const VARIED = 0.25;
const LAPSING = 0.15;
/** A lease that is long enough for clocks to drift apart, by the most that they do. */
const LAPSING_MS = 5000;
const LAPSING_SKEW = 0.004;

/** Plan number `index` of a search: the same for the same seed, whoever makes it. */
export function searchPlan(space: SearchSpace, index: number): Plan {
  const { sizes, seed, bases = [] } = space;
  const random = new Random(mix(mix(seed, STREAM), index));
  if (bases.length > 0 && random.unit() < 0.3) return shifted(random.pick(bases), index, random);
  const workers = Math.min(sizes.workers, random.pick(WORKERS));
  const { favoured = [] } = space;
  const favourite = favoured.length > 0 && random.unit() < 0.5 ? random.pick(favoured) : undefined;
  const room = favourite === undefined ? roomOf(space, random) : ([favourite.hazard] as const);
  const regime = random.pick(REGIMES);
  const load = room.includes('none') ? random.unit() : 0;
  // What a lock claims beyond an exclusive lease is tried whenever there is no fault.
  const plain = sizes.practised === undefined && load >= VARIED;
  const plan = makePlan({ ...sizes, workers }, room, seed, index, regime, plain);
  const overstays = random.unit() < 0.25;
  const clockSkew = random.pick(SKEWS);
  const { lapseKey, ...rest } = plan;
  return {
    ...rest,
    ...(overstays && lapseKey !== undefined ? { lapseKey } : {}),
    ...(clockSkew === undefined ? {} : { clockSkew }),
    cycles: random.pick(CYCLES),
    ...outlasting(plan, random),
    ...(plain && load >= 1 - LAPSING && sizes.holdMs === undefined ? lapsing(plan, sizes) : {}),
    // Each schedule is spared some of the faults: what two of them hide, one may show.
    faults: plan.faults
      .filter(() => random.unit() < 0.7)
      .map((fault) =>
        favourite === undefined
          ? sharpened(fault, random)
          : aimedAt(favourite.moment, fault, { ...sizes, workers }, random),
      ),
  };
}

/** Now and then a hold outlasts the lease. */
function outlasting({ renew, leaseMs, holdsMs }: Plan, random: Random): Pick<Plan, 'renew' | 'holdsMs'> {
  return {
    renew: random.unit() < 0.3 ? !renew : renew,
    holdsMs: holdsMs.map((ms) => (random.unit() < 0.05 ? Math.round(leaseMs * (0.8 + random.unit())) : ms)),
  };
}

/** Long leases that lapse one after another, while others wait for them and clocks run at other rates. */
function lapsing({ keys, leaseMs }: Plan, { leastKeys = 1 }: PlanSizes): Partial<Plan> {
  const length = Math.max(LAPSING_MS, leaseMs);
  return {
    ...{ clockSkew: LAPSING_SKEW, leasesMs: [length], holdsMs: [Math.round(length * 1.1)], renew: false },
    ...{ keys: keys.slice(0, leastKeys), acquireTimeoutMs: length * 3 },
  };
}

/** The same plan with other latencies, its faults a little earlier, later, longer or shorter, or gone. */
function shifted(base: Plan, index: number, random: Random): Plan {
  const around = (ms: number): number => Math.max(0, Math.round((ms + (random.unit() - 0.5) * SHIFT_MS) * 1000) / 1000);
  const faults = base.faults
    .filter(() => base.faults.length === 1 || random.unit() < 0.9)
    .map((fault) => ({
      ...fault,
      ...(fault.aim === undefined
        ? { afterMs: around(fault.afterMs) }
        : { aim: { ...fault.aim, plusMs: around(fault.aim.plusMs) } }),
      durationMs: random.unit() < 0.2 ? Math.round(fault.durationMs * (0.5 + random.unit())) : fault.durationMs,
    }));
  return { ...base, index, timing: mix(base.seed, index), faults };
}

/** The fault at another moment than it was drawn for. */
function aimedAt(moment: Struck, fault: Fault, { workers, leaseMs }: PlanSizes, random: Random): Fault {
  const { aim, ...unaimed } = fault;
  if (moment === 'any') return unaimed;
  const worker = fault.workers[0] ?? random.whole(0, workers - 1);
  const own = {
    of: 'start' as const,
    worker,
    nth: random.whole(1, 2),
    plusMs: random.whole(0, 10),
    withinMs: leaseMs * 2,
  };
  return { ...fault, aim: { ...(aim ?? own), moment } };
}

/** Some faults of processes strike between two steps of a program: at the very moment that they aim at. */
function sharpened(fault: Fault, random: Random): Fault {
  const { aim, hazard } = fault;
  if (aim === undefined || hazardNamed(hazard).strikes !== 'worker' || random.unit() < 0.5) return fault;
  return { ...fault, aim: { ...aim, plusMs: 0, ...(random.unit() < 0.5 ? { moment: 'write' as const } : {}) } };
}

/** Mostly one hazard; sometimes one of the few pairs that this search has drawn: each of them is then tried often. */
function roomOf({ hazards, seed }: SearchSpace, random: Random): readonly [Hazard] | readonly [Hazard, Hazard] {
  const pairing = new Random(mix(seed, STREAM));
  const disturbing = hazards.filter((hazard) => hazard !== 'none');
  const pairs = Array.from({ length: PAIRS }, (): readonly [Hazard, Hazard] | undefined => {
    const [one, other] = disturbing.length === 0 ? [] : [pairing.pick(disturbing), pairing.pick(disturbing)];
    return one === undefined || other === undefined || one === other || bothMoveClocks(one, other)
      ? undefined
      : [one, other];
  });
  const pair = random.unit() < 0.2 ? random.pick([...pairs, undefined]) : undefined;
  return pair ?? [random.pick(hazards)];
}
