/**
 * Smaller plans that show the same: delta debugging over faults, then workers, cycles, keys, and at last the numbers.
 * (A. Zeller and R. Hildebrandt, "Simplifying and isolating failure-inducing input", 2002.)
 */
import type { Fault, Plan } from './plan.ts';

export interface Shrunk {
  readonly plan: Plan;
  /** Candidates that were run. */
  readonly tries: number;
}

export interface ShrinkOptions {
  /** Candidates to run at most. */
  readonly tries: number;
  /** No candidate is begun after so many milliseconds; absent: whatever it takes. */
  readonly timeMs?: number;
  /** Told of each plan that is smaller and still shows it. */
  readonly onSmaller?: (plan: Plan, tries: number) => void;
}

/** @param shows whether a plan still shows what is looked for; it may be asked again about the same plan */
export async function shrink(
  plan: Plan,
  shows: (candidate: Plan) => Promise<boolean>,
  options: ShrinkOptions,
): Promise<Shrunk> {
  let smallest = plan;
  let tries = 0;
  const endsAtMs = performance.now() + (options.timeMs ?? Infinity);
  const known = new Set([JSON.stringify(plan)]);
  for (let found = true; found;) {
    found = false;
    for (const candidate of smallerPlans(smallest)) {
      const text = JSON.stringify(candidate);
      if (known.has(text)) continue;
      known.add(text);
      if (tries >= options.tries || performance.now() > endsAtMs) return { plan: smallest, tries };
      tries += 1;
      if (!(await shows(candidate))) continue;
      smallest = candidate;
      options.onSmaller?.(smallest, tries);
      found = true;
      break;
    }
  }
  return { plan: smallest, tries };
}

/** The next smaller plans, the boldest first. */
export function* smallerPlans(plan: Plan): Generator<Plan> {
  yield* withFewerFaults(plan);
  const { clockSkew, ...evenClocks } = plan;
  if (clockSkew !== undefined) yield evenClocks;
  const { leasesMs, ...evenLeases } = plan;
  if (leasesMs !== undefined) yield evenLeases;
  const { lapseKey, ...withoutLapse } = plan;
  if (lapseKey !== undefined) yield withoutLapse;
  for (let worker = plan.workers - 1; worker >= 0 && plan.workers > 2; worker -= 1) yield withoutWorker(plan, worker);
  if (plan.clientsPerWorker > 1) yield { ...plan, clientsPerWorker: 1 };
  for (const cycles of fewerCycles(plan.cycles)) yield { ...plan, cycles };
  const [key = 'a'] = plan.keys;
  if (plan.keys.length > 1) yield { ...plan, keys: [key] };
  for (const [index, fault] of plan.faults.entries()) {
    for (const simpler of simplerFaults(fault)) yield withFault(plan, index, simpler);
  }
  if (plan.thinksMs.some((ms) => ms > 0)) yield { ...plan, thinksMs: [0] };
  for (const ms of new Set([Math.max(...plan.holdsMs), Math.min(...plan.holdsMs)])) {
    if (plan.holdsMs.length > 1) yield { ...plan, holdsMs: [ms] };
  }
}

function* withFewerFaults(plan: Plan): Generator<Plan> {
  const { faults } = plan;
  for (let size = Math.ceil(faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < faults.length; from += size) {
      yield withFaults(
        plan,
        faults.filter((_, index) => index < from || index >= from + size),
      );
    }
  }
}

/** A plan names the hazards that it has faults of, and no others. */
function withFaults(plan: Plan, faults: readonly Fault[]): Plan {
  const hazards = plan.hazards.filter((hazard) => faults.some((fault) => fault.hazard === hazard));
  return { ...plan, hazards: hazards.length === 0 ? ['none'] : hazards, faults: [...faults] };
}

function withFault(plan: Plan, index: number, fault: Fault): Plan {
  return { ...plan, faults: plan.faults.map((one, place) => (place === index ? fault : one)) };
}

function withoutWorker(plan: Plan, gone: number): Plan {
  const renumber = (worker: number): number => (worker > gone ? worker - 1 : worker);
  const faults = plan.faults.flatMap((fault): Fault[] => {
    const workers = fault.workers.filter((worker) => worker !== gone).map(renumber);
    if (workers.length === 0 && fault.workers.length > 0) return [];
    const { aim, ...rest } = fault;
    const moved = aim === undefined || aim.worker === gone ? {} : { aim: { ...aim, worker: renumber(aim.worker) } };
    return [{ ...rest, ...moved, workers }];
  });
  return withFaults({ ...plan, workers: plan.workers - 1 }, faults);
}

function fewerCycles(cycles: number | undefined): number[] {
  if (cycles === undefined) return [2, 5, 20];
  return cycles <= 1 ? [] : [...new Set([1, Math.ceil(cycles / 2), cycles - 1])];
}

function* simplerFaults(fault: Fault): Generator<Fault> {
  const { aim } = fault;
  if (fault.afterMs > 0) yield { ...fault, afterMs: 0 };
  if (aim !== undefined && aim.plusMs > 0) yield { ...fault, aim: { ...aim, plusMs: 0 } };
  if (aim !== undefined && aim.nth > 1) yield { ...fault, aim: { ...aim, nth: 1 } };
  if (fault.direction === 'both') {
    yield { ...fault, direction: 'reply' };
    yield { ...fault, direction: 'request' };
  }
  for (const field of ['workers', 'nodes'] as const) {
    const touched = fault[field];
    for (let index = 0; index < touched.length && touched.length > 1; index += 1) {
      yield { ...fault, [field]: touched.filter((_, place) => place !== index) };
    }
  }
  for (const field of ['durationMs', 'delayMs'] as const) {
    const ms = fault[field];
    const shorter = ms === undefined ? 0 : Math.floor(ms / 2 / 10) * 10;
    if (shorter > 0) yield { ...fault, [field]: shorter };
    const rounded = ms === undefined ? 0 : Math.floor(ms / 100) * 100;
    if (rounded > 0 && rounded !== ms) yield { ...fault, [field]: rounded };
  }
}
