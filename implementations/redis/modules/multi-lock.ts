/**
 * The lock on several keys, over the lock on one Redis server: each name stands for three keys, given in any order.
 */
import { randomInt } from 'node:crypto';
import { MultiLease } from '../../decorators/multi-lease.ts';
import { MultiLock } from '../../decorators/multi-lock.ts';
import type { AcquireOptions, Health, Inspection, Lease, Lock, LockModule, TryAcquireOptions } from '../../lock.ts';
import { checkKey } from '../../key.ts';
import { usingLease } from '../../using.ts';
import { RedisLock } from '../basic.ts';
import { claims, connectRedis } from './basic.ts';

const PARTS = ['/1', '/2', '/3'];

/** Makes a lock on several keys one on a single name, as the contract has it. */
class PartedLock implements Lock {
  readonly #lock: Lock;
  readonly #parts: MultiLock;

  constructor(lock: Lock) {
    this.#lock = lock;
    this.#parts = new MultiLock(lock);
  }

  async acquire(key: string, options?: AcquireOptions): Promise<Lease> {
    const { leases } = await this.#parts.acquire(partsOf(key), options);
    return new MultiLease(leases, key);
  }

  async tryAcquire(key: string, options?: TryAcquireOptions): Promise<Lease | null> {
    const lease = await this.#parts.tryAcquire(partsOf(key), options);
    return lease === null ? null : new MultiLease(lease.leases, key);
  }

  using<T>(key: string, options: AcquireOptions, routine: (lease: Lease) => Promise<T>): Promise<T> {
    return usingLease(this, key, options, routine);
  }

  async inspect(key: string): Promise<Inspection> {
    // Whoever has the last has them all.
    const last = partsOf(key).toSorted().at(-1) ?? key;
    return { ...(await this.#lock.inspect(last)), key };
  }

  health(): Promise<Health> {
    return this.#lock.health();
  }
}

/** @throws InvalidKeyError for a name that is none, though its parts would be */
function partsOf(key: string): readonly string[] {
  checkKey(key);
  const parts = PARTS.map((part) => `${key}${part}`);
  const turn = randomInt(PARTS.length);
  return [...parts.slice(turn), ...parts.slice(0, turn)];
}

export const lock: LockModule = {
  name: 'multi-lock',
  summary: 'Three keys as one lock over redis-basic: all or nothing, and everybody in the same order.',
  backend: 'redis',
  topologies: ['single'],
  claims,
  recoverMs: 2500,
  roundTrips: 6,
  async connect(context) {
    const connected = await connectRedis(context, (options) => new RedisLock(options));
    return { lock: new PartedLock(connected.lock), close: () => connected.close() };
  },
};
