/**
 * The read-write lock on one Redis server: many readers (`mode: 'shared'`) or one writer. Each reader has a deadline of
 * its own, so that one that crashed stands in a writer's way no longer than its own lease; a writer that waits keeps new
 * readers out. An owner that writes may read as well and then give the writing up (downgrade); one that reads and asks to
 * write is refused at once, for it would wait for itself.
 */
import { LockUpgradeError } from '../lock.ts';
import type { Answer, Grant, LeaseBackend, LeaseRequest, WakeUps } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { RedisLockOptions } from './basic.ts';
import { checkApart } from './client.ts';
import type { RedisClient } from './client.ts';
import { extensionAnswer, fencedAnswer, ignoreReply, RedisNode } from './node.ts';
import { readWriteScripts } from './read-write-scripts.ts';
import type { ReadWriteScripts } from './read-write-scripts.ts';
import { Channels } from './wake-ups.ts';

export class RedisReadWriteBackend implements LeaseBackend {
  readonly shares = true;
  readonly wakeUps: WakeUps | undefined;
  protected readonly node: RedisNode;
  readonly #subscriber: RedisClient | undefined;
  readonly #scripts: ReadWriteScripts;

  constructor({ client, subscriber, prefix = 'holdfast:' }: RedisLockOptions) {
    const node = new RedisNode(client, { prefix, fenced: true });
    checkApart([client], [subscriber]);
    this.node = node;
    this.#subscriber = subscriber;
    this.#scripts = readWriteScripts(client);
    if (subscriber !== undefined) {
      const channels = Channels.of(subscriber);
      this.wakeUps = { subscribe: (key, hint) => channels.subscribe(node.channel(key), hint) };
    }
  }

  attempt(request: LeaseRequest): Promise<Answer> {
    const { key, token, leaseMs, mode, owner = '' } = request;
    const script = mode === 'shared' ? this.#scripts.acquireShared : this.#scripts.acquireExclusive;
    const answer = (reply: unknown): Answer => (Number(reply) === 0 ? refused(request) : fencedAnswer(reply));
    const keys = this.keys(key);
    return this.node.runScript(script, answer, keys.length, ...keys, token, leaseMs, owner);
  }

  extend({ key, token, leaseMs }: Grant): ReturnType<LeaseBackend['extend']> {
    const keys = this.keys(key);
    return this.node.runScript(this.#scripts.extend, extensionAnswer, keys.length, ...keys, token, leaseMs);
  }

  free({ key, token, fencingToken }: Grant): ReturnType<LeaseBackend['free']> {
    const keys = this.keys(key);
    const fence = fencingToken === undefined ? '' : String(fencingToken);
    return this.node.runRelease(this.#scripts.release, keys.length, ...keys, token, this.node.channel(key), fence);
  }

  undo({ key, token }: LeaseRequest): Promise<void> {
    const keys = this.keys(key);
    const channel = this.node.channel(key);
    return this.node.runScript(this.#scripts.release, ignoreReply, keys.length, ...keys, token, channel, '');
  }

  /** Readers leave no word. */
  async leave(request: LeaseRequest): Promise<void> {
    if (request.mode === 'exclusive') await this.undo(request);
  }

  /** The token is the writer's; of several readers, none is named. `waiters` is 1 while any writer waits for readers. */
  async inspect(key: string): ReturnType<LeaseBackend['inspect']> {
    const { client } = this.node;
    const [lock, readers, , intent] = this.keys(key);
    const [writer, remainingMs, readersMs, waiters] = await this.node.run(() =>
      Promise.all([client.get(lock), client.pttl(lock), client.pttl(readers), client.exists(intent)]),
    );
    if (writer !== null) {
      const [token, fence] = writer.split('|');
      return { key, held: true, remainingMs, token, fencingToken: BigInt(fence ?? 0), waiters };
    }
    return readersMs > 0 ? { key, held: true, remainingMs: readersMs, waiters } : { key, held: false };
  }

  probe(): Promise<string | undefined> {
    return this.node.probe(this.#subscriber);
  }

  protected keys(key: string): readonly [string, string, string, string, string] {
    const lockKey = this.node.lockKey(key);
    return [lockKey, `${lockKey}:readers`, `${lockKey}:leases`, `${lockKey}:intent`, this.node.fenceKey(key)];
  }
}

function refused({ key, owner }: LeaseRequest): Answer {
  const message = `${JSON.stringify(owner)} reads ${JSON.stringify(key)} and cannot write it: release the shared lease first`;
  return { kind: 'refused', error: new LockUpgradeError(message) };
}

export class RedisReadWriteLock extends LeaseLock {
  constructor(options: RedisLockOptions) {
    super(new RedisReadWriteBackend(options), options);
  }
}
