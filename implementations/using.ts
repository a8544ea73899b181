import type { AcquireOptions, Lease, Lock } from './lock.ts';

/** `Lock.using` for every lock: `release` never rejects, so the routine's own error is what the caller sees. */
export async function usingLease<T>(
  lock: Pick<Lock, 'acquire'>,
  key: string,
  options: AcquireOptions,
  routine: (lease: Lease) => Promise<T>,
): Promise<T> {
  const lease = await lock.acquire(key, options);
  try {
    return await routine(lease);
  } finally {
    await lease.release();
  }
}
