/** A place in the queue of a lock on etcd: a key, and how one learns that it has come to the front. */
import type { EtcdClient } from './client.ts';
import { endOf, put, query } from './messages.ts';
import type { KeyValue, Query, Range } from './messages.ts';
import type { EtcdLease } from './leases.ts';

/** Under its lock's name, so that the keys of one lock are a range of their own. */
export interface PlaceName {
  /** Ends with `/`. */
  readonly queue: string;
  readonly key: string;
}

/** What is before the place now, as of a revision. */
export interface Ahead {
  readonly key: string | undefined;
  readonly revision: bigint;
}

/** All keys of a lock; the oldest of them has it. */
export function queueOf(queue: string): Query {
  return { key: queue, rangeEnd: endOf(queue) };
}

export class Place {
  readonly lease: EtcdLease;
  readonly name: PlaceName;
  /** When its key was created: its order in the queue, and the fencing token. */
  readonly createRevision: bigint;
  readonly #client: EtcdClient;

  private constructor(client: EtcdClient, lease: EtcdLease, name: PlaceName, createRevision: bigint) {
    this.#client = client;
    this.lease = lease;
    this.name = name;
    this.createRevision = createRevision;
  }

  /**
   * Creates the key and sees who is before it, in one request; a copy of that finds the key and changes nothing.
   * @throws LeaseNotFoundError, and as the client does
   */
  static async take(
    client: EtcdClient,
    lease: EtcdLease,
    name: PlaceName,
    timeoutMs: number,
  ): Promise<{ readonly place: Place; readonly ahead: Ahead }> {
    const newest = query({ ...queueOf(name.queue), order: 'newest first', limit: 2 });
    const { succeeded, revision, ranges } = await client.transact(
      { key: name.key, createRevision: 0n },
      [put(name.key, lease.number), newest],
      [query({ key: name.key })],
      timeoutMs,
    );
    const keys = ranges[0]?.keys ?? [];
    // Just created, it is the newest of all, and the next newest is the one before it.
    const place = new Place(client, lease, name, succeeded ? revision : (keys[0]?.createRevision ?? revision));
    if (!succeeded) return { place, ahead: await place.look(timeoutMs) };
    return { place, ahead: { key: keys[1]?.key, revision } };
  }

  /**
   * Who is before it now. Its own key is read again, too: that nobody is before it means nothing once it has gone itself.
   * @throws PlaceLostError when it has, and as the client does
   */
  async look(timeoutMs: number): Promise<Ahead> {
    const before: Query = {
      ...queueOf(this.name.queue),
      order: 'newest first',
      limit: 1,
      createdUpTo: this.createRevision - 1n,
    };
    const { revision, ranges } = await this.#client.transact(
      undefined,
      [query({ key: this.name.key }), query(before)],
      [],
      timeoutMs,
    );
    const [own, ahead] = ranges;
    if (!this.isOwn(own)) throw new PlaceLostError();
    return { key: ahead?.keys[0]?.key, revision };
  }

  /** Whether the key is there, and is the one that was created then. */
  isOwn(range: Range | undefined): boolean {
    const [found]: readonly KeyValue[] = range?.keys ?? [];
    return found?.createRevision === this.createRevision;
  }
}

/** The key of a waiter has gone: its lease has run out, or somebody has removed it. */
export class PlaceLostError extends Error {
  constructor() {
    super('the key of this waiter is gone');
    this.name = 'PlaceLostError';
  }
}
