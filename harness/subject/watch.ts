/** Watching one lease from its grant to the answer of its release. */
import { LeaseLostError, type Lease, type LossReason } from 'holdfast-locks';
import type { EventRecorder } from '../history/recorder.ts';

/** Beyond its deadline by this much, a lease's signal must have aborted. */
const NOTICE_GRACE_MS = 50;
/** Setting a timer further ahead than this overflows it. */
const FAR_MS = 0x7fff_ffff;

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
    recorder.observe(observer, 'renew', key, { lease: id, deadline: ns(expiresAt) });
  });
  const onLost = (): void => {
    recorder.observe(observer, 'lost', key, { lease: id, reason: lossOf(lease) });
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

/** @returns the function that ends the watch. */
function watchNotice({ key, id, lease, recorder, observer, ns }: Watched): () => void {
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
    recorder.observe(observer, 'notice', key, { lease: id, due: ns(due), aborted: lease.signal.aborted });
  };
  arm();
  return () => {
    clearTimeout(timer);
    const { expiresAt } = lease;
    if (told || expiresAt === undefined || performance.now() < expiresAt || !lease.signal.aborted) return;
    // Told of the end before it was due, and giving up at once: the notice was in time.
    recorder.observe(observer, 'notice', key, { lease: id, due: ns(expiresAt + NOTICE_GRACE_MS), aborted: true });
  };
}
