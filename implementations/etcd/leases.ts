/** Leases of etcd: what a key lasts with. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../lease/clock.ts';
import { requestTimeoutMs } from '../lease/request-timeout.ts';
import { spareMs, Stock } from '../lease/stock.ts';
import type { Mortal } from '../lease/stock.ts';
import { LeaseNotFoundError } from './client.ts';
import type { EtcdClient } from './client.ts';

/** One serves one acquisition at a time. */
export interface EtcdLease extends Mortal {
  readonly number: bigint;
}

const REVOKE_WITHIN_MS = 1000;

export class EtcdLeases {
  readonly #client: EtcdClient;
  readonly #clock: Clock;
  readonly #stock: Stock<EtcdLease>;
  readonly #spareOf: (leaseMs: number) => number;

  constructor(client: EtcdClient, clock: Clock, spareOf = spareMs) {
    this.#client = client;
    this.#clock = clock;
    this.#spareOf = spareOf;
    this.#stock = new Stock(clock, (lease) => this.discard(lease));
  }

  /**
   * One that lasts for `leaseMs` from now on, if it is granted: from the stock, or a new one.
   * @param known is told which, before anything is sent
   */
  async take(leaseMs: number, known: (lease: EtcdLease) => void): Promise<EtcdLease> {
    const inStock = this.#stock.take(leaseMs);
    if (inStock !== undefined) {
      known(inStock);
      return inStock;
    }
    // The number is chosen here, so that a lease whose grant was not answered can be revoked.
    const number = BigInt.asUintN(63, randomBytes(8).readBigUInt64BE()) | 1n;
    const ttlSeconds = Math.ceil((leaseMs + this.#spareOf(leaseMs)) / 1000);
    const lease: EtcdLease = {
      id: String(number),
      number,
      ttlMs: ttlSeconds * 1000,
      renewedAt: this.#clock.now(),
    };
    known(lease);
    await this.#client.grant(number, ttlSeconds, requestTimeoutMs(leaseMs));
    return lease;
  }

  /** For the next acquisition: only if the end of this one is certain. */
  putBack(lease: EtcdLease): void {
    this.#stock.put(lease);
  }

  /** @returns whether there still is one */
  async renew(lease: EtcdLease, leaseMs: number): Promise<boolean> {
    const sentAt = this.#clock.now();
    try {
      if (!(await this.#client.keepAlive(lease.number, requestTimeoutMs(leaseMs)))) return false;
    } catch (error) {
      if (error instanceof LeaseNotFoundError) return false;
      throw error;
    }
    lease.renewedAt = Math.max(lease.renewedAt, sentAt);
    return true;
  }

  /** With it goes its key, and what is still on the way finds no lease to depend on. */
  async revoke(lease: EtcdLease, timeoutMs: number): Promise<void> {
    try {
      await this.#client.revoke(lease.number, timeoutMs);
    } catch (error) {
      if (!(error instanceof LeaseNotFoundError)) throw error;
    }
  }

  /** Revokes it in the background; if that fails, its time to live ends it. */
  discard(lease: EtcdLease): void {
    this.revoke(lease, REVOKE_WITHIN_MS).catch(() => undefined);
  }

  /** Ends those that are in stock. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#stock.drain().map((lease) => this.revoke(lease, REVOKE_WITHIN_MS)));
  }
}
