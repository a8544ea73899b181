/**
 * Mistake: the fencing token is drawn by a command of its own after the grant, however long that took: the deadline is not
 * looked at on the way. A holder that is held up draws a higher number than its successor.
 * Source: tutorials that add `INCR` to a finished lock; M. Kleppmann, "How to do distributed locking", says why the
 * number must come with the grant.
 * Must show: fencing violated under client-pause or latency.
 */
import { LockOutcomeUnknownError, isLockError } from '../lock.ts';
import type { AcquireOptions, Lease, ReleaseOutcome, TryAcquireOptions } from '../lock.ts';
import { systemClock } from '../lease/clock.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { within } from '../lease/within.ts';
import { RedisBackend } from '../redis/basic.ts';
import { commandsOf } from './shared/commands.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

/** A time limit, but none that has to do with the lease. */
const COMMAND_MS = 2000;

class LateFenceBackend extends RedisBackend {
  drawFence(key: string): Promise<number> {
    return this.node.run(() => commandsOf(this.node).incr(`${this.node.fenceKey(key)}:late`));
  }
}

class LateFenceLock extends LeaseLock {
  readonly #backend: LateFenceBackend;

  constructor(backend: LateFenceBackend, options: ConstructorParameters<typeof LeaseLock>[1]) {
    super(backend, options);
    this.#backend = backend;
  }

  override async acquire(key: string, options?: AcquireOptions): Promise<Lease> {
    return this.#fence(await super.acquire(key, options));
  }

  override async tryAcquire(key: string, options?: TryAcquireOptions): Promise<Lease | null> {
    const lease = await super.tryAcquire(key, options);
    return lease === null ? null : this.#fence(lease);
  }

  protected override inTime(): boolean {
    return true;
  }

  async #fence(lease: Lease): Promise<Lease> {
    try {
      const fence = await within(systemClock, this.#backend.drawFence(lease.key), COMMAND_MS);
      return new LateFencedLease(lease, BigInt(fence));
    } catch (error) {
      await lease.release();
      if (isLockError(error)) throw error;
      throw new LockOutcomeUnknownError(`no fencing token for ${JSON.stringify(lease.key)}`, { cause: error });
    }
  }
}

/** The lease, with another fencing token. */
class LateFencedLease implements Lease {
  readonly key: string;
  readonly token: string;
  readonly fencingToken: bigint;
  readonly #lease: Lease;

  constructor(lease: Lease, fencingToken: bigint) {
    this.key = lease.key;
    this.token = lease.token;
    this.fencingToken = fencingToken;
    this.#lease = lease;
  }

  get expiresAt(): number | undefined {
    return this.#lease.expiresAt;
  }

  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  remainingMs(): number {
    return this.#lease.remainingMs();
  }

  renew(): Promise<void> {
    return this.#lease.renew();
  }

  onRenewed(listener: (expiresAt: number) => void): () => void {
    return this.#lease.onRenewed(listener);
  }

  release(): Promise<ReleaseOutcome> {
    return this.#lease.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

export const lock = redisSpecimen(
  {
    name: 'fence-outside-grant',
    specimen: {
      mistake: 'the fencing token is drawn after the grant, however long that took',
      source: 'tutorials that add INCR to a finished lock',
      shows: [{ property: 'fencing', hazards: ['client-pause', 'latency'] }],
    },
  },
  (options) => new LateFenceLock(new LateFenceBackend(options), { ...options, commandTimeoutMs: COMMAND_MS }),
);
