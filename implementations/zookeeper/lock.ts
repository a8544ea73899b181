/**
 * The lock on ZooKeeper: a queue of ephemeral sequential nodes, exclusive and shared, each waiter woken by the end of the
 * node before it (the recipes of the ZooKeeper manual, with Curator's protection against lost replies).
 *
 * All leases of a lock live in one session: a session of its own for each would cost a connection and two more writes. The
 * price is that a node never goes by itself while the process lives, so this end of it removes what has lapsed or failed;
 * and if the process dies, the node goes with the session, some time after the lease.
 */
import type { Answer, Grant, LeaseBackend, LeaseRequest, WakeUps } from '../lease/backend.ts';
import type { Clock, Timer } from '../lease/clock.ts';
import { systemClock } from '../lease/clock.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../lease/options.ts';
import { isLockError, LockBackendError, LockOutcomeUnknownError } from '../lock.ts';
import type { Inspection, ReleaseOutcome } from '../lock.ts';
import { isNoNode, TreeError } from './client.ts';
import type { ZookeeperClient, ZookeeperStat } from './client.ts';
import { holders, lockNodes, pathOf } from './nodes.ts';
import { Parents } from './parents.ts';
import { list, Place, touch, zxidOf } from './places.ts';
import type { Turn } from './places.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';

export interface ZookeeperLockOptions extends LeaseLockOptions {
  /**
   * Makes a client of `node-zookeeper-client`, not connected yet and with `retries: 0`: a session is one client, and one
   * that has expired needs another. Its session timeout bounds the leases (`longestLeaseMs`).
   */
  readonly createClient: () => ZookeeperClient;
  /** The path of every lock begins with `/` and this. Default `holdfast:`. */
  readonly prefix?: string;
}

/**
 * The longest lease in a session. A leader counts a session's timeout from when it heard of it, which lags behind a
 * confirmed write: the client is heard of every third of the timeout, and by a follower's report every half tick. Half of
 * the timeout leaves room for both, and for a client that was stopped in between.
 */
export function longestLeaseMs(sessionTimeoutMs: number): number {
  return sessionTimeoutMs / 2;
}

const CLOSE_WITHIN_MS = 200;

/** A node that has the lock. */
interface Held {
  readonly session: Session;
  readonly path: string;
  readonly leaseMs: number;
  /** Removes the node when the lease has ended without a release. */
  lapse: Timer;
}

export class ZookeeperBackend implements LeaseBackend {
  readonly shares = true;
  readonly wakeUps: WakeUps;
  protected readonly sessions: Sessions;
  protected readonly parents: Parents;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #held = new Map<string, Held>();

  constructor({ createClient, prefix = 'holdfast:', clock = systemClock }: ZookeeperLockOptions) {
    this.#clock = clock;
    this.#prefix = prefix;
    this.sessions = new Sessions(createClient, clock);
    this.parents = new Parents(this.sessions, clock);
    // Waiters in the queue have watches; this one is for those who could not even enter it.
    this.wakeUps = { subscribe: (_key, hint) => this.sessions.onChange(hint) };
  }

  async attempt(request: LeaseRequest): Promise<Answer> {
    const place = await this.#enter(request);
    try {
      if (place.turn === undefined) await place.check();
    } catch (error) {
      throw afterCreation(error);
    }
    return place.turn === undefined ? this.#withdraw(place) : this.#granted(request, place, place.turn);
  }

  async wait(request: LeaseRequest, patience: AbortSignal): Promise<Answer> {
    const place = await this.#enter(request);
    while (place.turn === undefined) {
      if (patience.aborted) return this.#withdraw(place);
      try {
        await this.#untilWoken(place, patience);
        await place.check();
      } catch (error) {
        if (place.session.ended) throw new LockBackendError('the session expired while waiting', 'definite');
        if (error instanceof TreeError) throw new LockBackendError('the node of this waiter was removed', 'definite');
        if (!isLockError(error) || (error.outcome === 'definite' && place.session.connected))
          throw afterCreation(error);
        // The place is kept as long as the session lasts.
        await this.sessions.settled(patience, place.session);
      }
    }
    return this.#granted(request, place, place.turn);
  }

  async extend({ token }: Grant): Promise<'extended' | 'lost'> {
    const held = this.#held.get(token);
    if (held === undefined || held.session.ended) return 'lost';
    const sentAt = this.#clock.now();
    try {
      await touch(held.session, held.path);
    } catch (error) {
      if (!isNoNode(error)) throw error;
      this.#forget(token);
      return 'lost';
    }
    if (this.#held.has(token)) this.#arm(token, held, sentAt);
    return 'extended';
  }

  /** If it fails, the lapse of the lease does it. */
  async free({ key, token }: Grant): Promise<ReleaseOutcome> {
    const held = this.#held.get(token);
    if (held === undefined || held.session.ended) {
      this.#forget(token);
      return 'lost';
    }
    try {
      await removeNode(held.session, held.path);
    } catch (error) {
      if (!isNoNode(error)) throw error;
      return 'lost';
    }
    this.#forget(token);
    this.parents.used(this.parentOf(key));
    return 'released';
  }

  undo({ key, token }: LeaseRequest): Promise<void> {
    this.#forget(token);
    const parent = this.parentOf(key);
    this.parents.used(parent);
    return this.sessions.remove({ parent, token });
  }

  async inspect(key: string): Promise<Inspection> {
    const session = this.sessions.current;
    const parent = this.parentOf(key);
    try {
      const nodes = lockNodes((await list(session, parent)).children);
      const holding = holders(nodes);
      const [first] = holding;
      const waiters = nodes.length - holding.length;
      if (first === undefined) return { key, held: false, waiters };
      const stat = await session.run<ZookeeperStat | null>((client, done) =>
        client.exists(`${parent}/${first.name}`, done),
      );
      const fence = stat === null ? {} : { fencingToken: zxidOf(stat.czxid) };
      return { key, held: true, token: first.token, waiters, ...fence };
    } catch (error) {
      if (isNoNode(error)) return { key, held: false, waiters: 0 };
      throw error;
    }
  }

  async probe(): Promise<string | undefined> {
    const session = this.sessions.current;
    await session.run<ZookeeperStat | null>((client, done) => client.exists('/', done));
    return `session timeout ${session.timeoutMs} ms`;
  }

  /** Resolves when the session is there, or when `patience` aborts. */
  ready(patience: AbortSignal): Promise<void> {
    return this.sessions.settled(patience);
  }

  /** With leases still held, the session is left to its timeout: ended now, it would free what their holders rely on. */
  async close(): Promise<void> {
    for (const { lapse } of this.#held.values()) lapse.close();
    await this.parents.close(CLOSE_WITHIN_MS);
    await this.sessions.close(CLOSE_WITHIN_MS, this.#held.size === 0);
  }

  protected parentOf(key: string): string {
    return pathOf(this.#prefix, key);
  }

  async #enter(request: LeaseRequest): Promise<Place> {
    const parent = this.parentOf(request.key);
    this.parents.used(parent);
    return Place.take(this.sessions.current, this.#clock, this.parents, parent, request);
  }

  /** Until the node ahead has gone, the connection has changed, or the waiter is out of patience. */
  async #untilWoken(place: Place, patience: AbortSignal): Promise<void> {
    const woken = Promise.withResolvers<void>();
    const stop = this.sessions.onChange(woken.resolve);
    patience.addEventListener('abort', () => woken.resolve(), { once: true });
    try {
      place.watch(woken.resolve).catch(woken.reject);
      await woken.promise;
    } finally {
      stop();
    }
  }

  #granted({ token, leaseMs }: LeaseRequest, place: Place, { sentAt, fencingToken }: Turn): Answer {
    const { session, path } = place;
    const atMostMs = Math.min(leaseMs, longestLeaseMs(session.timeoutMs));
    this.#arm(token, { session, path, leaseMs: atMostMs }, sentAt);
    return { kind: 'granted', fencingToken, countedFrom: sentAt, leaseMs: atMostMs };
  }

  async #withdraw({ session, path }: Place): Promise<Answer> {
    try {
      await removeNode(session, path);
    } catch (error) {
      if (!isNoNode(error)) return { kind: 'busy', partial: true };
    }
    return { kind: 'busy' };
  }

  #arm(token: string, held: Omit<Held, 'lapse'>, sentAt: number): void {
    this.#forget(token);
    const parent = held.path.slice(0, held.path.lastIndexOf('/'));
    const lapse = this.#clock.setTimer(
      () => {
        this.#held.delete(token);
        this.parents.used(parent);
        // What fails now is repeated with the next connection.
        if (!held.session.ended) this.sessions.remove({ parent, token }).catch(() => undefined);
      },
      sentAt + held.leaseMs - this.#clock.now(),
    );
    this.#held.set(token, { ...held, lapse });
  }

  #forget(token: string): void {
    this.#held.get(token)?.lapse.close();
    this.#held.delete(token);
  }
}

/** Once the node may be there, no error is definite. */
function afterCreation(error: unknown): unknown {
  if (isLockError(error) && error.outcome === 'unknown') return error;
  return new LockOutcomeUnknownError('it is not known whether the lock was taken', { cause: error });
}

function removeNode(session: Session, path: string): Promise<void> {
  return session.run<void>((client, done) => client.remove(path, -1, done));
}

export class ZookeeperLock extends LeaseLock {
  protected override readonly backend: ZookeeperBackend;

  constructor(options: ZookeeperLockOptions, backend = new ZookeeperBackend(options)) {
    super(backend, options);
    this.backend = backend;
  }

  /** Resolves when the session is there, or when `patience` aborts. */
  ready(patience: AbortSignal): Promise<void> {
    return this.backend.ready(patience);
  }

  /** Rejects all who wait, and ends the session. */
  override async close(): Promise<void> {
    await super.close();
    await this.backend.close();
  }
}
