/**
 * Mistake: the fencing token is drawn by a command of its own after the grant, and the deadline is not checked again. A
 * holder that is held up in between draws a higher number than its successor.
 * Source: tutorials that add `INCR` to a finished lock; M. Kleppmann, "How to do distributed locking", says why the
 * number must come with the grant.
 * Must show: fencing violated under client-pause or latency. The gap is drawn out (`GAP_MS`).
 */
import type { AcquireOptions, Lease, ReleaseOutcome, TryAcquireOptions } from '../lock.ts';
import { sleep, systemClock } from '../lease/clock.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { GAP_MS, redisSpecimen } from './specimen.ts';

class LateFenceBackend extends RedisBackend {
  drawFence(key: string): Promise<number> {
    return this.node.run(() => this.node.client.incr(`${this.node.fenceKey(key)}:late`));
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

  async #fence(lease: Lease): Promise<Lease> {
    await sleep(systemClock, GAP_MS);
    try {
      return new LateFencedLease(lease, BigInt(await this.#backend.drawFence(lease.key)));
    } catch (error) {
      await lease.release();
      throw error;
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
      mistake: 'the fencing token is drawn after the grant, and the deadline is not checked again',
      source: 'tutorials that add INCR to a finished lock',
      shows: [{ property: 'fencing', hazards: ['client-pause', 'latency'] }],
    },
  },
  (options) => new LateFenceLock(new LateFenceBackend(options), options),
);
