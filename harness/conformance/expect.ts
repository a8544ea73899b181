/** What cases wait for and insist on. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  LockBackendError,
  LockOutcomeUnknownError,
  type Lease,
  type Lock,
  type TryAcquireOptions,
} from 'holdfast-locks';

const LOOK_EVERY_MS = 5;
const ANSWERS_WITHIN_MS = 10_000;

/** Settles as `work` does. @throws AssertionError when that takes longer than `ms` */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = sleep(ms, undefined, { signal: timer.signal }).then(() => {
    throw new assert.AssertionError({ message: `${what}: not within ${Math.round(ms)} ms` });
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

/** Looks until `condition` is true. @throws AssertionError when that takes longer than `ms` */
export async function until(ms: number, what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const bound = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > bound) assert.fail(`${what}: not within ${Math.round(ms)} ms`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** No answer to a question: on a busy machine a command may be late, which the contract allows. */
function isTrouble(error: unknown): boolean {
  return error instanceof LockOutcomeUnknownError || error instanceof LockBackendError;
}

/** What is answered when something is. */
export async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (const bound = performance.now() + ANSWERS_WITHIN_MS; ; await sleep(LOOK_EVERY_MS)) {
    try {
      return await ask();
    } catch (error) {
      if (!isTrouble(error) || performance.now() > bound) throw error;
    }
  }
}

/** What `tryAcquire` answers when it answers. */
export const tried = (lock: Lock, key: string, options: TryAcquireOptions): Promise<Lease | null> =>
  answered(() => lock.tryAcquire(key, options));

/** @throws AssertionError when the lock answers busy */
export async function granted(lock: Lock, key: string, leaseMs: number): Promise<Lease> {
  try {
    const lease = await lock.tryAcquire(key, { leaseMs });
    assert.ok(lease !== null, `"${key}" is free, and tryAcquire answered busy`);
    return lease;
  } catch (error) {
    if (!isTrouble(error)) throw error;
    // What was not answered may have been granted, and is being undone.
    return answered(() => lock.acquire(key, { leaseMs, timeoutMs: ANSWERS_WITHIN_MS }));
  }
}

/** Releases a lease that is in force. @throws AssertionError when it was lost; that nobody knows is always allowed */
export async function released(lease: Lease): Promise<void> {
  assert.notEqual(await lease.release(), 'lost', `the lease on "${lease.key}" was in force, and its release says lost`);
}

export async function assertBusy(lock: Lock, key: string, leaseMs: number): Promise<void> {
  const lease = await tried(lock, key, { leaseMs });
  if (lease === null) return;
  await lease.release();
  assert.fail(`"${key}" is held, and another was granted it`);
}

/** Settles when the lease's signal has aborted. @throws AssertionError when that takes longer than `ms` */
export async function lost(lease: Lease, ms: number): Promise<void> {
  await until(ms, 'the signal of the lease aborts', () => lease.signal.aborted);
}
