/**
 * No lock: everybody is let in at once. What a scenario loses without a lock, and what the harness costs by itself. It
 * claims exclusion, so that verifying it fails.
 */
import { checkKey } from '../key.ts';
import type { AcquireOptions, Health, Inspection, Lease, Lock, LockModule, TryAcquireOptions } from '../lock.ts';
import { abortedError } from '../lease/acquire.ts';
import { usingLease } from '../using.ts';
import { MemoryLease } from './memory-lease.ts';
import { baseline } from './module.ts';

class NoLock implements Lock {
  async acquire(key: string, { signal }: AcquireOptions = {}): Promise<Lease> {
    checkKey(key);
    if (signal?.aborted === true) throw abortedError(key, signal, 'definite');
    return new MemoryLease(key, () => undefined);
  }

  tryAcquire(key: string, options: TryAcquireOptions = {}): Promise<Lease> {
    return this.acquire(key, options);
  }

  using<T>(key: string, options: AcquireOptions, routine: (lease: Lease) => Promise<T>): Promise<T> {
    return usingLease(this, key, options, routine);
  }

  async inspect(key: string): Promise<Inspection> {
    checkKey(key);
    return { key, held: false };
  }

  async health(): Promise<Health> {
    return { ok: true, latencyMs: 0 };
  }
}

export const lock: LockModule = {
  ...baseline,
  name: 'none',
  summary: 'Baseline: no lock at all, everybody is let in.',
  async connect() {
    return { lock: new NoLock(), close: async () => undefined };
  },
};
