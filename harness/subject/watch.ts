/** Watching one lease from its grant to the answer of its release. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LeaseLostError, type Lease, type LossReason } from 'holdfast-locks';
import type { EventRecorder } from '../history/recorder.ts';
import { monotonicNs } from '../history/recorder.ts';
import { isStamped, type StampedLease } from './stamps.ts';

/** Beyond its deadline by this much, a lease's signal must have aborted. */
export const NOTICE_GRACE_MS = 50;
/** Setting a timer further ahead than this overflows it. */
export const FAR_MS = 0x7fff_ffff;

export interface Watched {
  readonly key: string;
  /** The harness's id of the lease. */
  readonly id: string;
  readonly lease: Lease;
  readonly recorder: EventRecorder;
  /** Who observes, such as `worker-2`. */
  readonly observer: string;
  /** Nanoseconds of the recorder's clock at a moment of `performance.now()`. */
  readonly ns: (performanceMs: number) => number;
}

export interface Watch {
  beforeRelease(): void;
  stop(): void;
}

/** Why a lease was lost, in the word of the history format. */
export function lossOf({ signal }: Lease): LossReason {
  const reason: unknown = signal.reason;
  return reason instanceof LeaseLostError ? reason.reason : 'connection';
}

/** Records what happens to a lease while it is held, and whether its holder is told of the end in time. */
export function watchLease(watched: Watched): Watch {
  const { key, id, lease, recorder, observer, ns } = watched;
  const unsubscribe = lease.onRenewed((expiresAt) => {
    recorder.observe(observer, 'renew', key, { lease: id, deadline: ns(expiresAt) }, renewedAt(lease, recorder));
  });
  const onLost = (): void => {
    recorder.observe(observer, 'lost', key, { lease: id, reason: lossOf(lease) }, lostAt(lease, recorder));
  };
  if (lease.signal.aborted) onLost();
  else lease.signal.addEventListener('abort', onLost, { once: true });
  return {
    beforeRelease: watchNotice(watched),
    stop: () => {
      unsubscribe();
      lease.signal.removeEventListener('abort', onLost);
    },
  };
}

/** When it was extended, by the lock's own stamp where it has one: news that come late make no renewal late. */
export const renewedAt = (lease: Lease, recorder: EventRecorder): number =>
  isStamped(lease) && lease.renewedAt !== undefined ? recorder.at(lease.renewedAt) : recorder.now();

/** When the loss was told; what came late was told all the same. */
export const lostAt = (lease: Lease, recorder: EventRecorder): number =>
  isStamped(lease) && lease.lostAt !== undefined ? recorder.at(lease.lostAt) : recorder.now();

/** @returns the function that ends the watch. */
function watchNotice(watched: Watched): () => void {
  const { key, id, lease, recorder, observer, ns } = watched;
  let timer: NodeJS.Timeout | undefined;
  let told = false;
  const arm = (): void => {
    if (lease.expiresAt === undefined) return;
    const inMs = lease.expiresAt + NOTICE_GRACE_MS - performance.now();
    timer = setTimeout(check, Math.min(Math.max(0, inMs), FAR_MS));
    timer.unref();
  };
  const check = (): void => {
    const { expiresAt } = lease;
    if (expiresAt === undefined) return;
    const due = expiresAt + NOTICE_GRACE_MS;
    if (performance.now() < due) return arm();
    told = true;
    if (isStamped(lease)) return void askWhetherTold(lease, expiresAt, watched);
    recorder.observe(observer, 'notice', key, { lease: id, due: ns(due), aborted: lease.signal.aborted });
  };
  arm();
  return () => {
    clearTimeout(timer);
    const { expiresAt } = lease;
    if (told || expiresAt === undefined || performance.now() < expiresAt || !lease.signal.aborted) return;
    // That its user has looked at the clock is not the lock's word.
    if (isStamped(lease) && lease.lostAt === undefined) return;
    // Told of the end before it was due, and giving up at once: the notice was in time.
    recorder.observe(observer, 'notice', key, { lease: id, due: ns(expiresAt + NOTICE_GRACE_MS), aborted: true });
  };
}

/**
 * Whether a lock in another process lets its holder go on beyond the deadline: only if it says `held` twice, some grace
 * apart, both times asked beyond the deadline and the grace, without a word of a loss before, and has not stood still. All
 * else that is no word of a loss shows nothing.
 */
async function askWhetherTold(lease: StampedLease, expiresAt: number, watched: Watched): Promise<void> {
  const { key, id, recorder, observer, ns } = watched;
  const due = expiresAt + NOTICE_GRACE_MS;
  const deadline = monotonicNs() - BigInt(Math.round((performance.now() - expiresAt) * 1e6));
  const dueNs = deadline + BigInt(NOTICE_GRACE_MS * 1e6);
  const notice = (aborted: boolean): void =>
    recorder.observe(observer, 'notice', key, { lease: id, due: ns(due), aborted });
  for (let question = 0; question < 2; question += 1) {
    if (question > 0) await sleep(NOTICE_GRACE_MS);
    if (lease.lostAt !== undefined) return notice(true);
    const answer = await lease.stillHeld();
    if (lease.lostAt !== undefined) return notice(true);
    if (answer?.held !== true || answer.asked <= dueNs || lease.expiresAt !== expiresAt) return;
  }
  if (!lease.stalledSince(deadline)) notice(false);
}
