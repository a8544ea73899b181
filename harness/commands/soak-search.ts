/** A search of the simulation on all threads, steered to what it has reached least. */
import type { Hazard } from 'holdfast-locks/internal/claims';
import type { Plan } from '../plan/plan.ts';
import type { SearchSpace } from '../plan/search-space.ts';
import type { LockUnderTest } from '../run/request.ts';
import { scenarioUrl } from '../run/scenarios.ts';
import { Batches } from '../sim/search/batches.ts';
import { Coverage } from '../sim/search/coverage.ts';
import type { Simulated } from '../sim/search/messages.ts';
import { sharedPool } from '../sim/search/pool.ts';
import { causeOf } from '../verdict/breach.ts';
import { Matrix, type Shown } from '../verdict/matrix.ts';

export interface SoakProgress {
  readonly schedules: number;
  readonly perSecond: number;
  /** Combinations of promise, hazard and moment that were reached, and how many there are. */
  readonly reached: { readonly cells: number; readonly of: number };
  /** Places on the wire at which faults struck. */
  readonly places: number;
  /** Of promises, and breaches; and how many kinds of them: a property under certain hazards, or a cause. */
  readonly violations: number;
  readonly kinds: number;
}

/** The first of its kind. */
export interface SoakNews {
  readonly plan: Plan;
  readonly property: Shown;
  readonly hazards: readonly Hazard[];
}

interface Effort {
  readonly timeMs: number;
  /** Schedules. */
  readonly most: number;
}

/** Schedules that a thread is given at once, at most. */
const BATCH = 50;
/** Places that are tried least often and therefore next. */
const FAVOURED = 8;
const TELL_EVERY_MS = 5000;

/**
 * @param onNew called with the first of each kind
 * @param onProgress called now and then, and at the end
 */
export async function soakSearch(
  lock: LockUnderTest,
  space: SearchSpace,
  { timeMs, most }: Effort,
  signal: AbortSignal,
  onNew: (news: SoakNews) => void,
  onProgress: (progress: SoakProgress) => void,
): Promise<SoakProgress> {
  const { claims } = lock.module;
  const matrix = new Matrix({ claims, hazards: space.hazards, listed: [], limits: {} });
  const coverage = new Coverage(claims, space.hazards);
  const kinds = new Set<string>();
  await using run = await sharedPool().load(lock.url, scenarioUrl(space.sizes.scenario));
  const began = performance.now();
  const batches = new Batches(BATCH);
  let [next, schedules, violations, toldAt] = [0, 0, 0, began];
  const progressNow = (): SoakProgress => ({
    schedules,
    perSecond: (schedules * 1000) / (performance.now() - began),
    reached: coverage.reached,
    places: coverage.places,
    violations,
    kinds: kinds.size,
  });
  const take = (kind: string, news: SoakNews): void => {
    violations += 1;
    if (kinds.has(kind)) return;
    kinds.add(kind);
    onNew(news);
  };
  const takeAll = async (results: readonly Simulated[]): Promise<void> => {
    batches.took(results.length);
    for (const { judgement, struck } of results) {
      schedules += 1;
      coverage.add(judgement);
      coverage.addStrikes(judgement.plan, struck);
      const { plan, breaches } = judgement;
      for (const { charged } of matrix.add(judgement)) {
        const { hazards, finding } = charged;
        const { property } = finding;
        take(`${property} ${hazards.toSorted().join(' ')}`, { plan, property, hazards });
      }
      for (const breach of breaches) take(causeOf(breach), { plan, property: breach.kind, hazards: plan.hazards });
    }
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    onProgress(progressNow());
  };
  await run.work(() => {
    if (signal.aborted) return undefined;
    const [from, count] = [next, Math.min(batches.next(timeMs - (performance.now() - began)), most - next)];
    if (count === 0) return undefined;
    next += count;
    const steered = { ...space, favoured: coverage.least(FAVOURED), bases: coverage.pioneers };
    return { type: 'search', space: steered, from, count };
  }, takeAll);
  const progress = progressNow();
  onProgress(progress);
  return progress;
}
