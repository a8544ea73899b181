/** The operator on etcd: the oldest key of a queue has the lock. */
import type { EtcdClient } from '../etcd/client.ts';
import { endOf, remove } from '../etcd/messages.ts';
import type { KeyValue } from '../etcd/messages.ts';
import { queueOf } from '../etcd/place.ts';
import { plainName } from '../key.ts';
import { holderId } from './operator.ts';
import type { Freed, HolderSight, KeySight, Leftover, Listing, Operator } from './operator.ts';

const WITHIN_MS = 5000;

export class EtcdOperator implements Operator {
  readonly sweeping = 'every key of a lock on etcd goes with its lease, and the fence is the store’s own revision';
  readonly #client: EtcdClient;
  readonly #prefix: string;

  constructor(client: EtcdClient, prefix: string) {
    this.#client = client;
    this.#prefix = plainName(prefix);
  }

  /** At most so many keys are read, of holders and waiters together. */
  async list(limit: number): Promise<Listing> {
    const range = { key: this.#prefix, rangeEnd: endOf(this.#prefix), order: 'oldest first' } as const;
    const { keys, count } = await this.#client.range({ ...range, limit: KEYS_READ }, WITHIN_MS);
    const queues = Map.groupBy(keys, ({ key }) => key.slice(0, key.lastIndexOf('/') + 1));
    const sights = await Promise.all(
      [...queues].slice(0, limit).map(([queue, places]) => this.#sightOf(queue, places)),
    );
    return { keys: sights, more: queues.size > limit || count > keys.length };
  }

  async inspect(key: string): Promise<KeySight[]> {
    const queue = `${this.#prefix}${plainName(key)}/`;
    const { keys } = await this.#client.range({ ...queueOf(queue), order: 'oldest first' }, WITHIN_MS);
    return keys.length === 0 ? [] : [await this.#sightOf(queue, keys)];
  }

  leftovers(): Promise<Leftover[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }

  async #sightOf(queue: string, places: readonly KeyValue[]): Promise<KeySight> {
    const key = decodeURIComponent(queue.slice(this.#prefix.length, -1));
    const [first] = places;
    if (first === undefined) return { key, lock: 'etcd', holders: [], waiting: 0 };
    const seconds = await this.#client.timeToLive(first.lease, WITHIN_MS);
    const holder: HolderSight = {
      ...{ id: holderId(first.key, String(first.createRevision)), mode: 'exclusive' },
      ...{ fencingToken: first.createRevision, remainingMs: Math.max(0, seconds * 1000), remainingStepMs: 1000 },
      force: { kind: 'conditional', run: () => this.#free(first) },
    };
    return { key, lock: 'etcd', holders: [holder], waiting: places.length - 1 };
  }

  /** A key that was first stays first until it goes. All who wait have come at later revisions, which are their fences. */
  async #free({ key, createRevision }: KeyValue): Promise<Freed> {
    const { succeeded } = await this.#client.transact({ key, createRevision }, [remove(key)], [], WITHIN_MS);
    return succeeded ? { kind: 'freed', fence: createRevision + 1n } : { kind: 'changed' };
  }
}

const KEYS_READ = 10_000;
