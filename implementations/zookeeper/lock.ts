/**
 * The lock on ZooKeeper: a queue of ephemeral sequential nodes, exclusive and shared, each waiter woken by the end of the
 * node before it (the recipes of the ZooKeeper manual, with Curator's protection against lost replies).
 *
 * All leases of a lock live in one session: a session of its own for each would cost a connection and two more writes. The
 * price is that a node never goes by itself while the process lives, so this end of it removes what has lapsed or failed;
 * and if the process dies, the node goes with the session, some time after the lease.
 */
import type { Answer, Grant, LeaseBackend, LeaseRequest, WakeUps } from '../lease/backend.ts';
import type { Clock } from '../lease/clock.ts';
import { checkClient } from '../client.ts';
import { systemClock } from '../lease/clock.ts';
import { HeldOnServer } from '../lease/held-on-server.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../lease/options.ts';
import { isLockError, LockBackendError, LockOutcomeUnknownError } from '../lock.ts';
import type { Inspection, ReleaseOutcome } from '../lock.ts';
import { isNoNode, TreeError } from './client.ts';
import type { ZookeeperClient, ZookeeperStat } from './client.ts';
import { holders, naming, pathOf } from './nodes.ts';
import type { Naming } from './nodes.ts';
import { Parents } from './parents.ts';
import { list, Place, touch, zxidOf } from './places.ts';
import type { Turn } from './places.ts';
import type { Session } from './session.ts';
import { SessionPool } from './session-pool.ts';
import type { Sessions } from './sessions.ts';

export interface ZookeeperLockOptions extends LeaseLockOptions {
  /**
   * Makes a client of `node-zookeeper-client` with this session timeout, not connected yet and with `retries: 0`. A client
   * is one session: one that has expired needs another, and so do leases of another length.
   */
  readonly createClient: (sessionTimeoutMs: number) => ZookeeperClient;
  /** The path of every lock begins with `/` and this. Default `holdfast:`. */
  readonly prefix?: string;
}

const CLOSE_WITHIN_MS = 200;

/** A node that has the lock. */
interface Held {
  readonly sessions: Sessions;
  readonly session: Session;
  readonly path: string;
  readonly leaseMs: number;
}

export class ZookeeperBackend implements LeaseBackend {
  readonly shares = true;
  readonly wakeUps: WakeUps;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #sessions: SessionPool;
  readonly #hints = new Set<() => void>();
  readonly #held: HeldOnServer<Held>;
  readonly #givenUp = new WeakSet<LeaseRequest>();
  readonly #parents: Parents;

  constructor({ createClient, prefix = 'holdfast:', clock = systemClock, leaseMs = 10_000 }: ZookeeperLockOptions) {
    checkClient({ createClient }, ['createClient'], 'a function that makes clients of node-zookeeper-client');
    this.#clock = clock;
    this.#prefix = prefix;
    this.#sessions = new SessionPool(createClient, {
      clock,
      usualLeaseMs: leaseMs,
      onChange: () => {
        for (const hint of this.#hints) hint();
      },
    });
    this.#parents = new Parents(() => this.#sessions.any().current, clock);
    this.#held = new HeldOnServer(clock, (held, token) => this.#lapse(held, token));
    // Waiters in the queue have watches; this one is for those who could not even enter it.
    this.wakeUps = {
      subscribe: (_key, hint) => {
        this.#hints.add(hint);
        return () => this.#hints.delete(hint);
      },
    };
  }

  async attempt(request: LeaseRequest): Promise<Answer> {
    const place = await this.#enter(request);
    try {
      while (place.turn === undefined && place.ahead === undefined && !this.#givenUp.has(request)) await place.check();
    } catch (error) {
      throw afterCreation(error);
    }
    return place.turn === undefined ? this.#withdraw(place) : this.#granted(request, place, place.turn);
  }

  async wait(request: LeaseRequest, patience: AbortSignal): Promise<Answer> {
    const place = await this.#enter(request, patience);
    while (place.turn === undefined) {
      if (patience.aborted) return this.#withdraw(place);
      try {
        await this.#untilWoken(request, place, patience);
        if (!patience.aborted) await this.recheck(place, patience);
      } catch (error) {
        if (place.session.ended) throw new LockBackendError('the session ended while waiting', 'definite');
        if (error instanceof TreeError) throw new LockBackendError('the node of this waiter was removed', 'definite');
        if (!isLockError(error) || (error.outcome === 'definite' && place.session.connected))
          throw afterCreation(error);
        // The place is kept as long as the session lasts.
        await this.#sessions.for(request.leaseMs).settled(patience, place.session);
      }
    }
    return this.#granted(request, place, place.turn);
  }

  async extend({ token }: Grant): Promise<'extended' | 'lost'> {
    for (;;) {
      const held = this.#held.get(token);
      if (held === undefined || held.session.ended) return 'lost';
      const { session, path, leaseMs } = held;
      await session.untilSure(leaseMs);
      const sentAt = this.#clock.now();
      try {
        await touch(session, path);
      } catch (error) {
        if (!isNoNode(error)) throw error;
        this.#held.forget(token);
        return 'lost';
      }
      if (!session.outlasts(sentAt, leaseMs)) continue;
      this.#held.prolong(token, sentAt + leaseMs);
      return 'extended';
    }
  }

  /** If it fails, the lapse of the lease does it. */
  async free({ key, token }: Grant): Promise<ReleaseOutcome> {
    const held = this.#held.get(token);
    if (held === undefined || held.session.ended) {
      this.#held.forget(token);
      return 'lost';
    }
    try {
      await removeNode(held.session, held.path);
    } catch (error) {
      if (!isNoNode(error)) throw error;
      return 'lost';
    }
    this.#held.forget(token);
    this.#parents.used(this.parentOf(key));
    return 'released';
  }

  undo(request: LeaseRequest): Promise<void> {
    const { key, token, leaseMs } = request;
    this.#givenUp.add(request);
    this.#held.forget(token);
    const parent = this.parentOf(key);
    this.#parents.used(parent);
    return this.#sessions.for(leaseMs).remove({ parent, token });
  }

  async inspect(key: string): Promise<Inspection> {
    const session = await this.#sessions.anyTried();
    const parent = this.parentOf(key);
    try {
      const nodes = naming.queue((await list(session, parent)).children);
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
    const session = await this.#sessions.anyTried();
    await session.run<ZookeeperStat | null>((client, done) => client.exists('/', done));
    return `session timeout ${session.timeoutMs} ms`;
  }

  /** Resolves when there is a session, or when `patience` aborts. */
  ready(patience: AbortSignal): Promise<void> {
    return this.#sessions.any().settled(patience);
  }

  /** With leases still held, the sessions are left to their timeouts: ended now, they would free what holders rely on. */
  async close(): Promise<void> {
    this.#held.close();
    await this.#parents.close(CLOSE_WITHIN_MS);
    await this.#sessions.close(CLOSE_WITHIN_MS, this.#held.size === 0);
  }

  /** Whether the turn of a waiter that was woken has come is said by the place afterwards. */
  protected recheck(place: Place, patience: AbortSignal): Promise<void> {
    return place.check(patience);
  }

  protected namingOf(_key: string): Naming {
    return naming;
  }

  protected parentOf(key: string): string {
    return pathOf(this.#prefix, key);
  }

  async #enter(request: LeaseRequest, patience?: AbortSignal): Promise<Place> {
    const parent = this.parentOf(request.key);
    this.#parents.used(parent);
    const sessions = this.#sessions.for(request.leaseMs);
    if (!sessions.tried) await sessions.settled(patience);
    const surroundings = {
      session: sessions.current,
      clock: this.#clock,
      parents: this.#parents,
      parent,
      naming: this.namingOf(request.key),
    };
    return Place.take(surroundings, request, () => this.#givenUp.has(request));
  }

  /** Until the node ahead has gone, the connection has changed, or the waiter is out of patience. */
  async #untilWoken({ leaseMs }: LeaseRequest, place: Place, patience: AbortSignal): Promise<void> {
    const woken = Promise.withResolvers<void>();
    const stop = this.#sessions.for(leaseMs).onChange(woken.resolve);
    const stopWatching = place.watch(woken.resolve, woken.reject);
    const leave = (): void => woken.resolve();
    patience.addEventListener('abort', leave, { once: true });
    try {
      await woken.promise;
    } finally {
      patience.removeEventListener('abort', leave);
      stopWatching();
      stop();
    }
  }

  #granted(request: LeaseRequest, { session, path, leaseMs }: Place, { sentAt, fencingToken }: Turn): Answer {
    const held = { sessions: this.#sessions.for(request.leaseMs), session, path, leaseMs };
    this.#held.set(request.token, held, sentAt + leaseMs);
    return { kind: 'granted', fencingToken, countedFrom: sentAt, leaseMs };
  }

  async #withdraw({ session, path }: Place): Promise<Answer> {
    try {
      await removeNode(session, path);
    } catch (error) {
      if (!isNoNode(error)) return { kind: 'busy', partial: true };
    }
    return { kind: 'busy' };
  }

  /** The lease has ended without a release. */
  #lapse({ sessions, session, path }: Held, token: string): void {
    const parent = path.slice(0, path.lastIndexOf('/'));
    this.#parents.used(parent);
    // What fails now is repeated with the next connection.
    if (!session.ended) sessions.remove({ parent, token }).catch(() => undefined);
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
