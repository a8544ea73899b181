/**
 * The lock on Consul: a key that is acquired by a session, as in Consul's guide to sessions, with the index of the grant
 * as fencing token.
 *
 * A session serves one acquisition at a time. Its time to live is at least the lease; the server may take twice as long to
 * end it, so that it is this process that ends what has lapsed, as long as it lives.
 */
import { plainName } from '../key.ts';
import type { Answer, Grant, LeaseBackend, LeaseRequest } from '../lease/backend.ts';
import type { Clock } from '../lease/clock.ts';
import { systemClock } from '../lease/clock.ts';
import { HeldOnServer } from '../lease/held-on-server.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../lease/options.ts';
import { requestTimeoutMs } from '../lease/request-timeout.ts';
import { LockBackendError } from '../lock.ts';
import type { Inspection, ReleaseOutcome } from '../lock.ts';
import { entryOf, lastChangeOf } from './answers.ts';
import type { KeyEntry } from './answers.ts';
import { Agents, RefusalError } from './client.ts';
import type { ConsulClient } from './client.ts';
import { ConsulSessions } from './sessions.ts';
import type { ConsulSession } from './sessions.ts';
import { BlockingQueries } from './wake-ups.ts';

export interface ConsulLockOptions extends LeaseLockOptions {
  /** Clients of npm `consul` for servers or agents of one datacentre; the first is asked as long as it answers. */
  readonly clients: readonly [ConsulClient, ...ConsulClient[]];
  /** Every key begins with it. Default `holdfast:`. */
  readonly prefix?: string;
  /** The server's `session_ttl_min`, below which it makes no session. Default 10 s, as the server's. */
  readonly leastTtlMs?: number;
}

const INSPECT_WITHIN_MS = 2000;

/** What has the lock. */
interface Held {
  readonly session: ConsulSession;
  /** How often it was asked to be given up. */
  releases: number;
}

export class ConsulBackend implements LeaseBackend {
  readonly shares = false;
  readonly wakeUps: BlockingQueries;
  protected readonly agents: Agents;
  protected readonly sessions: ConsulSessions;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #held: HeldOnServer<Held>;
  /** Under which session a request was sent, in case that it must be undone. */
  readonly #under = new WeakMap<LeaseRequest, ConsulSession>();
  readonly #givenUp = new WeakSet<LeaseRequest>();

  constructor({ clients, prefix = 'holdfast:', leastTtlMs = 10_000, clock = systemClock }: ConsulLockOptions) {
    this.#clock = clock;
    this.#prefix = prefix;
    this.agents = new Agents(clients);
    this.sessions = new ConsulSessions(this.agents, clock, leastTtlMs);
    this.wakeUps = new BlockingQueries(this.agents, clock, (key) => this.nameOf(key));
    this.#held = new HeldOnServer(clock, ({ session }) => this.sessions.discard(session));
  }

  async attempt(request: LeaseRequest): Promise<Answer> {
    const { key, token, leaseMs } = request;
    const sentAt = this.#clock.now();
    const session = await this.sessions.take(leaseMs);
    if (this.#givenUp.has(request)) {
      this.sessions.putBack(session);
      throw new LockBackendError('the request was given up', 'definite');
    }
    this.#under.set(request, session);
    const Key = this.nameOf(key);
    try {
      const fencingToken = await this.#transact(
        [
          { KV: { Verb: 'lock', Key, Session: session.id, Value: Buffer.from(token).toString('base64') } },
          { KV: { Verb: 'get', Key } },
        ],
        leaseMs,
      );
      this.#held.set(token, { session, releases: 0 }, sentAt + leaseMs);
      return { kind: 'granted', fencingToken, countedFrom: sentAt };
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      if (error.details.includes('invalid session')) {
        throw new LockBackendError('the session ended before it could acquire anything', 'definite', { cause: error });
      }
      // Held by another, or empty and in its lock-delay. What has been undone meanwhile was destroyed.
      if (!this.#givenUp.has(request)) this.sessions.putBack(session);
      return { kind: 'busy' };
    }
  }

  /**
   * A leader that has been cut off renews for a moment what it no longer decides. It cannot answer a consistent read, though;
   * and that also shows a key that is gone while its session lives.
   */
  async extend({ key, token, leaseMs }: Grant): Promise<'extended' | 'lost'> {
    const session = this.#held.get(token)?.session;
    if (session === undefined) return 'lost';
    const sentAt = this.#clock.now();
    if (!(await this.sessions.renew(session, leaseMs))) return this.#lose(token);
    const holder = await this.#read(key, requestTimeoutMs(leaseMs));
    if (holder?.session !== session.id) return this.#lose(token);
    this.#held.prolong(token, sentAt + leaseMs);
    return 'extended';
  }

  async free({ key, token, leaseMs }: Grant): Promise<ReleaseOutcome> {
    const held = this.#held.get(token);
    if (held === undefined) return 'lost';
    const { session } = held;
    held.releases += 1;
    const Key = this.nameOf(key);
    try {
      await this.#transact(
        [{ KV: { Verb: 'check-session', Key, Session: session.id } }, { KV: { Verb: 'delete', Key } }],
        leaseMs,
      );
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      return this.#lose(token);
    }
    if (this.#held.forget(token) !== undefined) {
      // Another copy of the release would end whatever the session holds next on this key.
      if (held.releases > 1) this.sessions.discard(session);
      else this.sessions.putBack(session);
    }
    return 'released';
  }

  /** Without its session, a request can acquire nothing, however late it arrives. */
  async undo(request: LeaseRequest): Promise<void> {
    this.#givenUp.add(request);
    this.#held.forget(request.token);
    const session = this.#under.get(request);
    if (session !== undefined) await this.sessions.destroy(session, request.leaseMs);
  }

  async inspect(key: string): Promise<Inspection> {
    const entry = await this.#read(key, INSPECT_WITHIN_MS);
    if (entry?.session === undefined) return { key, held: false };
    return { key, held: true, token: entry.value, fencingToken: BigInt(entry.changedAt) };
  }

  async probe(): Promise<string | undefined> {
    await this.#read('probe', INSPECT_WITHIN_MS);
    return undefined;
  }

  /** What is still held ends by its time to live. */
  async close(): Promise<void> {
    this.wakeUps.close();
    this.#held.close();
    await this.sessions.close();
    this.agents.close();
  }

  protected nameOf(key: string): string {
    return plainName(this.#prefix + key);
  }

  #lose(token: string): 'lost' {
    const ended = this.#held.forget(token);
    if (ended !== undefined) this.sessions.discard(ended.session);
    return 'lost';
  }

  /** All or nothing. @returns the index of the last change of the last entry. @throws as `Agents.ask` */
  async #transact(operations: object[], leaseMs: number): Promise<bigint> {
    const timeout = requestTimeoutMs(leaseMs);
    const answer = await this.agents.ask(timeout, (client) => client.transaction.create(operations, { timeout }));
    return lastChangeOf(answer);
  }

  /** As of now, by a leader that has made sure that it still is one. */
  async #read(key: string, timeout: number): Promise<KeyEntry | undefined> {
    const answer = await this.agents.ask(timeout, (client) =>
      client.kv.get({ key: this.nameOf(key), consistent: true, timeout }),
    );
    return entryOf(answer);
  }
}

export class ConsulLock extends LeaseLock {
  protected override readonly backend: ConsulBackend;

  constructor(options: ConsulLockOptions, backend = new ConsulBackend(options)) {
    super(backend, options);
    this.backend = backend;
  }

  /** Rejects all who wait, ends the sessions that nobody holds anything by, and destroys the clients. */
  override async close(): Promise<void> {
    await super.close();
    await this.backend.close();
  }
}
