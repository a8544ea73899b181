/**
 * The lock on etcd: a queue of keys in the order of their creation, each depending on a lease, each waiter woken by the end
 * of the key before it (the recipe of etcd's own `concurrency` package).
 *
 * A lease of etcd serves one acquisition at a time, so that whatever has become of a request, revoking its lease ends it.
 */
import { checkClient } from '../client.ts';
import { plainName } from '../key.ts';
import type { Answer, Grant, LeaseBackend, LeaseRequest } from '../lease/backend.ts';
import { systemClock } from '../lease/clock.ts';
import type { Clock } from '../lease/clock.ts';
import { HeldOnServer } from '../lease/held-on-server.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../lease/options.ts';
import { requestTimeoutMs } from '../lease/request-timeout.ts';
import { LockBackendError } from '../lock.ts';
import type { Inspection, ReleaseOutcome } from '../lock.ts';
import { LeaseNotFoundError } from './client.ts';
import type { EtcdClient } from './client.ts';
import { EtcdLeases } from './leases.ts';
import type { EtcdLease } from './leases.ts';
import { put, query, remove } from './messages.ts';
import { Place, PlaceLostError, queueOf } from './place.ts';
import type { Ahead, PlaceName } from './place.ts';
import { keyChange, untilFirst } from './waiter.ts';

export interface EtcdLockOptions extends LeaseLockOptions {
  readonly client: EtcdClient;
  /** Every key begins with it. Default `holdfast:`. */
  readonly prefix?: string;
}

/** A key that has the lock. */
interface Held {
  readonly lease: EtcdLease;
  readonly name: PlaceName;
  readonly createRevision: bigint;
}

const INSPECT_WITHIN_MS = 2000;
/** The lease of a waiter is renewed as often as that of a holder. */
const RENEWALS_PER_LEASE = 3;

export class EtcdBackend implements LeaseBackend {
  readonly shares = false;
  /** Waiters in the queue have watches. */
  readonly wakeUps = undefined;
  protected readonly client: EtcdClient;
  protected readonly leases: EtcdLeases;
  protected readonly clock: Clock;
  readonly #prefix: string;
  readonly #held: HeldOnServer<Held>;
  /** With which lease a request was sent, in case that it must be undone. */
  readonly #with = new WeakMap<LeaseRequest, EtcdLease>();
  readonly #givenUp = new WeakSet<LeaseRequest>();

  constructor(
    { client, prefix = 'holdfast:', clock = systemClock }: EtcdLockOptions,
    leases = new EtcdLeases(client, clock),
  ) {
    checkClient(client, ['grant', 'transact'], 'an EtcdClient (new EtcdClient({ endpoints }))');
    this.client = client;
    this.clock = clock;
    this.#prefix = prefix;
    this.leases = leases;
    this.#held = new HeldOnServer(clock, ({ lease }) => this.leases.discard(lease));
  }

  /** One write if nobody has it and nobody waits, else none. */
  async attempt(request: LeaseRequest): Promise<Answer> {
    const lease = await this.#leaseFor(request);
    const name = this.nameOf(request);
    const sentAt = this.#beginOf(lease, request.leaseMs);
    const { succeeded, revision, ranges } = await this.#depending(
      this.client.transact(
        { ...queueOf(name.queue), createRevision: 0n },
        [put(name.key, lease.number)],
        [query({ ...queueOf(name.queue), order: 'oldest first', limit: 1 })],
        requestTimeoutMs(request.leaseMs),
      ),
    );
    if (succeeded) return this.#granted(request, { lease, name, createRevision: revision }, sentAt);
    const first = ranges[0]?.keys[0];
    // A copy of this very request has been here before.
    if (first?.key === name.key) {
      return this.#granted(request, { lease, name, createRevision: first.createRevision }, sentAt);
    }
    // What has been undone meanwhile was revoked.
    if (!this.#givenUp.has(request)) this.leases.putBack(lease);
    return { kind: 'busy' };
  }

  async wait(request: LeaseRequest, patience: AbortSignal): Promise<Answer> {
    const lease = await this.#leaseFor(request);
    const timeoutMs = requestTimeoutMs(request.leaseMs);
    const sentAt = this.#beginOf(lease, request.leaseMs);
    const { place, ahead } = await this.#depending(this.enter(lease, this.nameOf(request), timeoutMs));
    if (ahead.key === undefined) return this.#granted(request, place, sentAt);
    const steps = {
      confirm: () => this.confirm(place, request.leaseMs),
      untilChanged: (now: Ahead) => this.untilChanged(now, request.leaseMs, patience),
    };
    const turn = await untilFirst(this.clock, ahead, patience, steps).catch((error: unknown) => {
      this.leases.discard(lease);
      throw error;
    });
    if (turn !== undefined) return this.#granted(request, place, turn.sentAt);
    try {
      await this.leases.revoke(lease, timeoutMs);
      return { kind: 'busy' };
    } catch {
      return { kind: 'busy', partial: true };
    }
  }

  async extend({ token, leaseMs }: Grant): Promise<'extended' | 'lost'> {
    const held = this.#held.get(token);
    if (held === undefined) return 'lost';
    const sentAt = this.clock.now();
    const [alive, own] = await Promise.all([
      this.leases.renew(held.lease, leaseMs),
      this.client.range({ key: held.name.key }, requestTimeoutMs(leaseMs)),
    ]);
    if (!alive || own.keys[0]?.createRevision !== held.createRevision) return this.#lose(token);
    this.#held.prolong(token, sentAt + leaseMs);
    return 'extended';
  }

  async free({ token, leaseMs }: Grant): Promise<ReleaseOutcome> {
    const held = this.#held.get(token);
    if (held === undefined) return 'lost';
    const { name, createRevision } = held;
    const { succeeded } = await this.client.transact(
      { key: name.key, createRevision },
      [remove(name.key)],
      [],
      requestTimeoutMs(leaseMs),
    );
    if (!succeeded) return this.#lose(token);
    // A release that was asked for again is answered twice, and then the lease may serve another acquisition.
    const ended = this.#held.forget(token);
    if (ended !== undefined) this.leases.putBack(ended.lease);
    return 'released';
  }

  /** Without its lease, a request can create nothing, however late it arrives. */
  async undo(request: LeaseRequest): Promise<void> {
    this.#givenUp.add(request);
    this.#held.forget(request.token);
    const lease = this.#with.get(request);
    if (lease !== undefined) await this.leases.revoke(lease, requestTimeoutMs(request.leaseMs));
  }

  async inspect(key: string): Promise<Inspection> {
    const { queue } = this.nameOf({ key, token: '' });
    const range = await this.client.range({ ...queueOf(queue), order: 'oldest first', limit: 1 }, INSPECT_WITHIN_MS);
    const [first] = range.keys;
    if (first === undefined) return { key, held: false, waiters: 0 };
    const token = first.key.slice(queue.length);
    return { key, held: true, token, fencingToken: first.createRevision, waiters: range.count - 1 };
  }

  async probe(): Promise<string | undefined> {
    const { revision } = await this.client.range({ key: `${plainName(this.#prefix)}probe` }, INSPECT_WITHIN_MS);
    return `at revision ${revision}`;
  }

  /** What is still held ends by its time to live. */
  async close(): Promise<void> {
    this.#held.close();
    await this.leases.close();
    this.client.close();
  }

  protected nameOf({ key, token }: Pick<LeaseRequest, 'key' | 'token'>): PlaceName {
    const queue = `${plainName(this.#prefix + key)}/`;
    return { queue, key: queue + token };
  }

  protected enter(lease: EtcdLease, name: PlaceName, timeoutMs: number): ReturnType<typeof Place.take> {
    return Place.take(this.client, lease, name, timeoutMs);
  }

  /** @throws PlaceLostError, and as the client does */
  protected async confirm(place: Place, leaseMs: number): Promise<Ahead> {
    const [alive, ahead] = await Promise.all([
      this.leases.renew(place.lease, leaseMs),
      place.look(requestTimeoutMs(leaseMs)),
    ]);
    if (!alive) throw new PlaceLostError();
    return ahead;
  }

  protected untilChanged(ahead: Ahead, leaseMs: number, patience: AbortSignal): Promise<void> {
    return keyChange(this.client, this.clock, ahead, leaseMs / RENEWALS_PER_LEASE, patience);
  }

  async #leaseFor(request: LeaseRequest): Promise<EtcdLease> {
    const lease = await this.leases.take(request.leaseMs, (known) => this.#with.set(request, known));
    if (this.#givenUp.has(request)) {
      this.leases.discard(lease);
      throw new LockBackendError('the request was given up', 'definite');
    }
    return lease;
  }

  /** Now, but for a lease of etcd that was so long in coming that it ends before one of `leaseMs` would. */
  #beginOf({ renewedAt, ttlMs }: EtcdLease, leaseMs: number): number {
    return Math.min(this.clock.now(), renewedAt + ttlMs - leaseMs);
  }

  /** A lease that has gone before its key was created leaves nothing behind. */
  async #depending<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof LeaseNotFoundError) && !(error instanceof PlaceLostError)) throw error;
      throw new LockBackendError('the lease ran out before its key was created', 'definite', { cause: error });
    }
  }

  #granted({ token, leaseMs }: LeaseRequest, { lease, name, createRevision }: Held, sentAt: number): Answer {
    this.#held.set(token, { lease, name, createRevision }, sentAt + leaseMs);
    return { kind: 'granted', fencingToken: createRevision, countedFrom: sentAt };
  }

  #lose(token: string): 'lost' {
    const ended = this.#held.forget(token);
    if (ended !== undefined) this.leases.discard(ended.lease);
    return 'lost';
  }
}

export class EtcdLock extends LeaseLock {
  protected override readonly backend: EtcdBackend;

  constructor(options: EtcdLockOptions, backend = new EtcdBackend(options)) {
    super(backend, options);
    this.backend = backend;
  }

  /** Rejects all who wait, revokes the leases that nothing depends on, and closes the client. */
  override async close(): Promise<void> {
    await super.close();
    await this.backend.close();
  }
}
