/** Many keys at once, each with an answer of its own: where one of them is busy, the others are had all the same. */
import { LockAbortedError } from '../../lock.ts';
import type { Lease, Lock, ReleaseOutcome, TryAcquireOptions } from '../../lock.ts';

export interface AcquireManyOptions extends TryAcquireOptions {
  /**
   * So many keys are under way at once. On a client that sends without waiting for answers, as those of Redis and etcd do, a
   * batch takes one round trip; on one that sends a command when the last was answered, as those of SQL do, no fewer than
   * without. Default 500.
   */
  readonly batchSize?: number;
}

/** `repeated`: the key stands in the list before, and was asked for once. */
export type ManyAnswer =
  | { readonly key: string; readonly outcome: 'granted'; readonly lease: Lease }
  | { readonly key: string; readonly outcome: 'busy' | 'repeated' }
  | { readonly key: string; readonly outcome: 'failed'; readonly error: unknown };

/**
 * One attempt for each key, no waiting. Nobody can be kept waiting by it in a circle, in whatever order the keys are given.
 *
 * @returns an answer for each, in the order of the keys; never rejects for what the lock answers
 * @throws RangeError for a size that is none
 */
export async function acquireMany(
  lock: Pick<Lock, 'tryAcquire'>,
  keys: readonly string[],
  { batchSize = 500, ...options }: AcquireManyOptions = {},
): Promise<ManyAnswer[]> {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new RangeError(`batchSize is ${batchSize}, expected a whole number of at least 1`);
  const single = [...new Set(keys)];
  const found = new Map<string, ManyAnswer>();
  for (let from = 0; from < single.length; from += batchSize) {
    const batch = single.slice(from, from + batchSize);
    for (const answer of await Promise.all(batch.map((key) => ask(lock, key, options)))) found.set(answer.key, answer);
  }
  return keys.map((key) => {
    const answer = found.get(key) ?? { key, outcome: 'repeated' as const };
    found.delete(key);
    return answer;
  });
}

/** Never rejects. @returns what became of each lease, in their order */
export function releaseMany(leases: readonly Lease[]): Promise<ReleaseOutcome[]> {
  return Promise.all(leases.map((lease) => lease.release()));
}

async function ask(lock: Pick<Lock, 'tryAcquire'>, key: string, options: TryAcquireOptions): Promise<ManyAnswer> {
  try {
    if (options.signal?.aborted === true)
      throw new LockAbortedError(`${JSON.stringify(key)} was not asked for any more`, 'definite', {
        cause: options.signal.reason,
      });
    const lease = await lock.tryAcquire(key, options);
    return lease === null ? { key, outcome: 'busy' } : { key, outcome: 'granted', lease };
  } catch (error) {
    return { key, outcome: 'failed', error };
  }
}
