/** All checkers in one table: what `verify`, `bench` and `check` judge by. */
import type { Property } from 'holdfast-locks/internal/claims';
import type { HistoryHeader } from '../history/events.ts';
import { checkBelief } from './belief.ts';
import { checkFairness } from './fairness.ts';
import { checkHandover } from './handover.ts';
import { checkLiveness } from './liveness.ts';
import type { LockHistory } from './lock-history.ts';
import { checkLock } from './lock.ts';
import { checkNotice } from './notice.ts';
import { checkReentrancy } from './reentrancy.ts';
import { checkResource } from './resource.ts';
import { checkResponsiveness } from './responsiveness.ts';
import { checkSemaphore } from './semaphore.ts';
import { counter, kv, mutex, register, type SequentialChecker } from './sequential-check.ts';
import { checkSharing } from './sharing.ts';
import { MODELS, type Model, type Verdict } from './verdict.ts';

/** Judges leases, and what was observed of them and of the resource. */
interface LeaseChecker {
  readonly of: 'leases';
  readonly check: (history: LockHistory) => Verdict;
  /** The properties that it judges, and how many operations that tried each its verdict counts. */
  readonly judges: Readonly<Partial<Record<Property, (verdict: Verdict) => number>>>;
  /** What the header must state: without it nothing can be held against a history. */
  readonly needs?: keyof HistoryHeader;
}

/** Judges the answers of an object by what it does when one operation at a time happens to it. */
type OperationChecker = { readonly of: 'operations' } & SequentialChecker;

const operations = (verdict: Verdict): number => verdict.operations;
const counted =
  (name: string) =>
  ({ counts }: Verdict): number =>
    counts[name] ?? 0;
/** Another checker counts the same operations. */
const countedElsewhere = (): number => 0;

/**
 * By the model that `check` asks for. What two checkers see is told by the first: each token is compared in `lock` alone,
 * and an overlap in the service's own answers needs no proof by what its clients believed.
 */
export const CHECKERS: Readonly<Record<Model, LeaseChecker | OperationChecker>> = {
  lock: { of: 'leases', check: checkLock, judges: { exclusion: operations, fencing: counted('tokens') } },
  belief: { of: 'leases', check: checkBelief, judges: { exclusion: countedElsewhere } },
  resource: {
    of: 'leases',
    check: checkResource,
    judges: { 'no-lost-update': counted('increments'), fencing: countedElsewhere },
  },
  notice: { of: 'leases', check: checkNotice, judges: { 'loss-notice': operations } },
  liveness: { of: 'leases', check: checkLiveness, judges: { 'deadlock-freedom': operations }, needs: 'recoverNs' },
  handover: {
    of: 'leases',
    check: checkHandover,
    judges: { 'deadlock-freedom': countedElsewhere },
    needs: 'handoverNs',
  },
  responsiveness: {
    of: 'leases',
    check: checkResponsiveness,
    judges: { responsiveness: operations },
    needs: 'settleNs',
  },
  fairness: { of: 'leases', check: checkFairness, judges: { fairness: operations }, needs: 'bypass' },
  reentrancy: { of: 'leases', check: checkReentrancy, judges: { reentrancy: operations }, needs: 'allowanceNs' },
  sharing: { of: 'leases', check: checkSharing, judges: { sharing: operations } },
  semaphore: { of: 'leases', check: checkSemaphore, judges: { exclusion: operations }, needs: 'permits' },
  mutex: { of: 'operations', ...mutex },
  counter: { of: 'operations', ...counter },
  register: { of: 'operations', ...register },
  kv: { of: 'operations', ...kv },
};

/** Those that a history of leases is judged by, in the order in which they tell. */
export const LEASE_CHECKERS: readonly (LeaseChecker & { readonly model: Model })[] = MODELS.flatMap((model) => {
  const checker = CHECKERS[model];
  return checker.of === 'leases' ? [{ model, ...checker }] : [];
});
