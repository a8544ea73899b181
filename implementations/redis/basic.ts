/**
 * The lock on one Redis server: a key with the owner's token and an expiry, taken, extended and deleted by scripts, with
 * a fencing token issued in the same script as the grant.
 *
 * Safe as long as the server keeps its data and its clock is not moved: an expiry follows the server's wall clock.
 */
import type { Grant, LeaseBackend, LeaseRequest, WakeUps } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../lease/options.ts';
import { RedisNode } from './node.ts';
import { checkApart } from './client.ts';
import type { RedisClient } from './client.ts';
import { Channels } from './wake-ups.ts';

export interface RedisLockOptions extends LeaseLockOptions {
  readonly client: RedisClient;
  /**
   * A connection of its own for wake-ups; may be shared by many locks. Without it waiters only poll (`retry`).
   */
  readonly subscriber?: RedisClient;
  /** Every key and channel begins with it. Default `holdfast:`. */
  readonly prefix?: string;
}

/** Answers of one server are the lock's answers. */
export class RedisBackend implements LeaseBackend {
  readonly shares: boolean = false;
  readonly wakeUps: WakeUps | undefined;
  protected readonly node: RedisNode;
  readonly #subscriber: RedisClient | undefined;

  constructor({ client, subscriber, prefix = 'holdfast:' }: RedisLockOptions) {
    const node = new RedisNode(client, { prefix, fenced: true });
    checkApart([client], [subscriber]);
    this.node = node;
    this.#subscriber = subscriber;
    if (subscriber !== undefined) {
      const channels = Channels.of(subscriber);
      this.wakeUps = { subscribe: (key, hint) => channels.subscribe(node.channel(key), hint) };
    }
  }

  attempt(request: LeaseRequest): ReturnType<LeaseBackend['attempt']> {
    return this.node.attempt(request);
  }

  extend(grant: Grant): ReturnType<LeaseBackend['extend']> {
    return this.node.extend(grant);
  }

  free(grant: Grant): ReturnType<LeaseBackend['free']> {
    return this.node.free(grant);
  }

  undo(request: LeaseRequest): Promise<void> {
    return this.node.undo(request, true);
  }

  inspect(key: string): ReturnType<LeaseBackend['inspect']> {
    return this.node.inspect(key);
  }

  probe(): Promise<string | undefined> {
    return this.node.probe(this.#subscriber);
  }
}

export class RedisLock extends LeaseLock {
  constructor(options: RedisLockOptions) {
    super(new RedisBackend(options), options);
  }
}
