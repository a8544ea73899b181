/** A lock around a lock: what a decorator does not change is the inner lock's. */
import type { AcquireOptions, Health, Inspection, Lease, Lock, TryAcquireOptions } from '../lock.ts';
import { usingLease } from '../using.ts';

export class DecoratedLock implements Lock {
  protected readonly inner: Lock;

  constructor(inner: Lock) {
    this.inner = inner;
  }

  acquire(key: string, options?: AcquireOptions): Promise<Lease> {
    return this.inner.acquire(key, options);
  }

  tryAcquire(key: string, options?: TryAcquireOptions): Promise<Lease | null> {
    return this.inner.tryAcquire(key, options);
  }

  using<T>(key: string, options: AcquireOptions, routine: (lease: Lease) => Promise<T>): Promise<T> {
    return usingLease(this, key, options, routine);
  }

  inspect(key: string): Promise<Inspection> {
    return this.inner.inspect(key);
  }

  health(): Promise<Health> {
    return this.inner.health();
  }
}
