/**
 * The fair lock on one Redis server: first come, first served. Waiters queue at the server, and the script that releases
 * the lock hands it to the next one who is alive, with a lease and a fencing token, and tells that one, so that nobody
 * else wakes up and nobody can slip in between. Redis's pub/sub only carries the news: a waiter that missed it learns of
 * its turn by asking, which it does to stay alive in the queue.
 */
import type { Inspection } from '../lock.ts';
import type { Answer, Grant, LeaseBackend, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { acquireInTurn, aliveMs } from '../lease/turn.ts';
import type { Call, Granted } from '../lease/acquire.ts';
import type { Handover, QueueAnswer, QueueBackend, Stay } from '../lease/turn.ts';
import { newToken } from '../token.ts';
import type { RedisLockOptions } from './basic.ts';
import { checkApart } from './client.ts';
import type { RedisClient } from './client.ts';
import { fairScripts } from './fair-scripts.ts';
import type { FairScripts } from './fair-scripts.ts';
import { Inbox } from './inbox.ts';
import { extensionAnswer, ignoreReply, RedisNode } from './node.ts';

export class RedisFairBackend implements QueueBackend {
  readonly shares = false;
  /** Nobody is woken but whose turn it is. */
  readonly wakeUps = undefined;
  protected readonly node: RedisNode;
  readonly #scripts: FairScripts;
  readonly #inbox: Inbox;
  readonly #subscriber: RedisClient | undefined;

  constructor({ client, subscriber, prefix = 'holdfast:' }: RedisLockOptions) {
    this.node = new RedisNode(client, { prefix, fenced: true });
    checkApart([client], [subscriber]);
    this.#scripts = fairScripts(client);
    this.#subscriber = subscriber;
    this.#inbox = new Inbox(subscriber, `${prefix}inbox:${newToken()}`);
  }

  ask(request: LeaseRequest, n: number): Promise<QueueAnswer> {
    return this.#ask(request, n, true);
  }

  listen(token: string, handed: (handover: Handover) => void, deaf: () => void): () => void {
    return this.#inbox.listen(token, { handed, deaf });
  }

  close(): void {
    this.#inbox.close();
  }

  /** Without queueing: it is granted only if nobody waits. */
  async attempt(request: LeaseRequest): Promise<Answer> {
    const answer = await this.#ask(request, 1, false);
    if (answer.kind === 'granted') return answer;
    return answer.kind === 'queued' ? { ...answer, kind: 'busy' } : { kind: 'busy' };
  }

  extend({ key, token, leaseMs }: Grant): ReturnType<LeaseBackend['extend']> {
    return this.node.runScript(this.#scripts.extend, extensionAnswer, 1, this.node.lockKey(key), token, leaseMs);
  }

  free({ key, token, fencingToken }: Grant): ReturnType<LeaseBackend['free']> {
    const keys = this.keys(key, token);
    const fence = fencingToken === undefined ? '' : String(fencingToken);
    return this.node.runRelease(this.#scripts.release, keys.length, ...keys, token, fence);
  }

  undo({ key, token, leaseMs }: LeaseRequest): Promise<void> {
    const keys = this.keys(key, token);
    return this.node.runScript(this.#scripts.withdraw, ignoreReply, keys.length, ...keys, token, leaseMs);
  }

  async inspect(key: string): Promise<Inspection> {
    const [lockInfo, waiters] = await Promise.all([
      this.node.inspect(key),
      this.node.run(() => this.node.client.zcard(`${this.node.lockKey(key)}:queue`)),
    ]);
    return { ...lockInfo, waiters };
  }

  probe(): Promise<string | undefined> {
    return this.node.probe(this.#subscriber);
  }

  protected keys(key: string, token: string): readonly [string, string, string, string, string] {
    const lockKey = this.node.lockKey(key);
    return [lockKey, this.node.fenceKey(key), `${lockKey}:queue`, `${lockKey}:waiters`, `${lockKey}:gone:${token}`];
  }

  #ask({ key, token, leaseMs }: LeaseRequest, n: number, queue: boolean): Promise<QueueAnswer> {
    const keys = this.keys(key, token);
    const args = [token, n, leaseMs, aliveMs(leaseMs), this.#inbox.address, queue ? 1 : 0];
    return this.node.runScript(this.#scripts.ask, (reply) => answerOf(reply, n), keys.length, ...keys, ...args);
  }
}

function answerOf(reply: unknown, n: number): QueueAnswer {
  const [kind, value, before] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (Number(kind) === 1) return { kind: 'granted', n, fencingToken: BigInt(String(value)) };
  if (Number(kind) === -1) return { kind: 'dropped' };
  // When the holder's lease runs out, only the first in the queue needs to be there.
  const remainingMs = Number(value);
  return { kind: 'queued', retryAfterMs: Number(before) === 0 && remainingMs >= 0 ? remainingMs : undefined };
}

export class RedisFairLock extends LeaseLock {
  readonly #queue: QueueBackend;
  readonly #stays = new Set<Stay>();
  readonly #turns = new Set<Promise<Granted>>();

  constructor(options: RedisLockOptions, backend: QueueBackend = new RedisFairBackend(options)) {
    super(backend, options);
    this.#queue = backend;
  }

  override async close(): Promise<void> {
    for (const stay of this.#stays) stay.close();
    await Promise.allSettled(this.#turns);
    await super.close();
    this.#queue.close?.();
  }

  /** With no time to wait, nobody queues. */
  protected override wait(call: Call, timeoutMs: number): Promise<Granted> {
    if (timeoutMs === 0) return super.wait(call, timeoutMs);
    const { settings, attempts } = this;
    const door = { settings, attempts, backend: this.#queue, stays: this.#stays };
    const turn = acquireInTurn(door, call, timeoutMs);
    this.#turns.add(turn);
    return turn.finally(() => this.#turns.delete(turn));
  }
}
