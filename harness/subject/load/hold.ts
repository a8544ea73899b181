/** Holding a lease for a while, and watching what becomes of it meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from 'holdfast-locks';
import { lossOf, lostAt, renewedAt } from '../watch.ts';
import type { LoadRecorder } from './recorder.ts';

export interface Holding {
  readonly key: string;
  readonly id: string;
  readonly holdMs: number;
  /** How often it is renewed meanwhile, besides what the lock does by itself. */
  readonly renews: number;
  /** Who observes, such as `worker-2`. */
  readonly observer: string;
  readonly recorder: LoadRecorder;
  /** Nanoseconds of the recorder's clock at a moment of `performance.now()`. */
  readonly ns: (performanceMs: number) => number;
  /** A renewal that was asked for took so long, and ended at this moment. */
  readonly renewed: (tookNs: number, atNs: number) => void;
}

/** @returns whether it was held until the end, as far as the holder was told */
export async function holdLease(lease: Lease, holding: Holding): Promise<boolean> {
  const { key, id, holdMs, renews, observer, recorder, ns, renewed } = holding;
  const { signal } = lease;
  const lost = (): void => {
    recorder.observe(observer, 'lost', key, { lease: id, reason: lossOf(lease) }, lostAt(lease, recorder));
  };
  /** Of an explicit renewal that is under way. */
  let renewingNs: number | undefined;
  const stop = lease.onRenewed((expiresAt) => {
    const nowNs = recorder.now();
    const took = renewingNs === undefined ? {} : { tookNs: nowNs - renewingNs };
    recorder.observe(
      observer,
      'renew',
      key,
      { lease: id, deadline: ns(expiresAt), ...took },
      renewedAt(lease, recorder),
    );
    if (renewingNs !== undefined) renewed(nowNs - renewingNs, nowNs);
    renewingNs = undefined;
  });
  if (signal.aborted) lost();
  else signal.addEventListener('abort', lost, { once: true });
  const pieces = renews + 1;
  for (let piece = 0; piece < pieces && !signal.aborted; piece += 1) {
    if (piece > 0) {
      renewingNs = recorder.now();
      // What a renewal that failed means, the signal says.
      await lease.renew().catch(() => undefined);
      renewingNs = undefined;
    }
    if (holdMs > 0) await sleep(holdMs / pieces);
  }
  signal.removeEventListener('abort', lost);
  stop();
  return !signal.aborted;
}
