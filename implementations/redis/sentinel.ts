/**
 * The lock on a Redis primary that Sentinels replace when it fails: the same lock as on one server, and no safer, for a
 * replica that takes over may not have heard of the last grants. `WAIT` narrows that gap (a grant counts when a replica
 * has it) and does not close it: the Sentinels may choose another replica, and an old primary that was cut off goes on
 * granting until it learns of its successor.
 */
import { LockBackendError } from '../lock.ts';
import type { Answer, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { atLeast } from '../lease/options.ts';
import { RedisBackend } from './basic.ts';
import type { RedisLockOptions } from './basic.ts';
import type { PrimaryClient } from './client.ts';

export interface RedisSentinelLockOptions extends RedisLockOptions {
  /** Follows the primary: made with the addresses of the Sentinels. */
  readonly client: PrimaryClient;
  /** A grant counts when so many replicas have it; 0 asks none. Default 1. */
  readonly replicas?: number;
  /** How long they may take. The connection is blocked meanwhile, for all who share it. Default 50. */
  readonly replicationMs?: number;
}

export class RedisSentinelBackend extends RedisBackend {
  readonly #client: PrimaryClient;
  readonly #replicas: number;
  readonly #replicationMs: number;

  constructor(options: RedisSentinelLockOptions) {
    super(options);
    this.#client = options.client;
    this.#replicas = atLeast('replicas', options.replicas ?? 1, 0);
    this.#replicationMs = atLeast('replicationMs', options.replicationMs ?? 50, 1);
  }

  override async attempt(request: LeaseRequest): Promise<Answer> {
    const answer = await super.attempt(request);
    if (answer.kind !== 'granted' || this.#replicas === 0) return answer;
    const copies = await this.node.run(() => this.#client.wait(this.#replicas, this.#replicationMs));
    if (copies >= this.#replicas) return answer;
    const message = `${copies} of ${this.#replicas} replicas confirmed the grant of ${JSON.stringify(request.key)} within ${this.#replicationMs} ms`;
    throw new LockBackendError(message, 'unknown');
  }
}

export class RedisSentinelLock extends LeaseLock {
  constructor(options: RedisSentinelLockOptions) {
    super(new RedisSentinelBackend(options), options);
  }
}
