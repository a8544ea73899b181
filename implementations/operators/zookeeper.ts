/** The operator on ZooKeeper: nodes below the node of a lock, in the order of their numbers. */
import { plainName } from '../key.ts';
import { isNoNode, TreeError } from '../zookeeper/client.ts';
import type { ZookeeperStat } from '../zookeeper/client.ts';
import { holders, naming, pathOf } from '../zookeeper/nodes.ts';
import type { LockNode } from '../zookeeper/nodes.ts';
import { list, zxidOf } from '../zookeeper/places.ts';
import type { Session } from '../zookeeper/session.ts';
import { holderId } from './operator.ts';
import type { Freed, HolderSight, KeySight, Leftover, Listing, Operator } from './operator.ts';

/** How often the first of a queue is asked for that changes all the time. */
const LOOKS = 10;

export class ZookeeperOperator implements Operator {
  readonly sweeping =
    'the nodes of leases go with their sessions; the empty parent of a lock that nobody uses is left behind';
  readonly #session: Session;
  readonly #prefix: string;
  readonly #close: () => Promise<void>;

  constructor(session: Session, prefix: string, close: () => Promise<void>) {
    this.#session = session;
    this.#prefix = prefix;
    this.#close = close;
  }

  async list(limit: number): Promise<Listing> {
    const keys: KeySight[] = [];
    for (const key of await this.#keys()) {
      const sights = await this.inspect(key);
      if (sights.length > 0 && keys.length === limit) return { keys, more: true };
      keys.push(...sights);
    }
    return { keys, more: false };
  }

  async inspect(key: string): Promise<KeySight[]> {
    const parent = pathOf(this.#prefix, key);
    const nodes = await this.#queue(parent);
    if (nodes === undefined || nodes.length === 0) return [];
    const holding = holders(nodes);
    const sights = await Promise.all(holding.map((node) => this.#sightOf(parent, node)));
    const waiting = nodes.length - holding.length;
    return [{ key, lock: 'zookeeper', holders: sights.flatMap((sight) => sight ?? []), waiting }];
  }

  async leftovers(ageMs: number, limit: number): Promise<Leftover[]> {
    const found: Leftover[] = [];
    for (const key of await this.#keys()) {
      const path = pathOf(this.#prefix, key);
      const stat = await this.#stat(path);
      const nodes = await this.#queue(path);
      if (stat === null || nodes === undefined || nodes.length > 0) continue;
      const age = Date.now() - Number(stat.ctime.readBigInt64BE());
      if (age < ageMs) continue;
      found.push({ name: path, what: 'empty parent', ageMs: age, remove: () => this.#remove(path) });
      if (found.length === limit) break;
    }
    return found;
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #keys(): Promise<string[]> {
    const prefix = plainName(this.#prefix);
    const { children } = await list(this.#session, '/');
    return children
      .filter((name) => name.startsWith(prefix))
      .map((name) => decodeURIComponent(name.slice(prefix.length)));
  }

  async #queue(parent: string): Promise<LockNode[] | undefined> {
    try {
      return naming.queue((await list(this.#session, parent)).children);
    } catch (error) {
      if (isNoNode(error)) return undefined;
      throw error;
    }
  }

  async #sightOf(parent: string, { name, token, mode }: LockNode): Promise<HolderSight | undefined> {
    const path = `${parent}/${name}`;
    const stat = await this.#stat(path);
    if (stat === null) return undefined;
    return {
      ...{ id: holderId(token), mode, fencingToken: zxidOf(stat.czxid) },
      heldForMs: Math.max(0, Date.now() - Number(stat.ctime.readBigInt64BE())),
      force: { kind: 'conditional', run: () => this.#free(parent, path) },
    };
  }

  /** Nobody else's node has this name, now or later: it bears the token. One that holds does so until its node goes. */
  async #free(parent: string, path: string): Promise<Freed> {
    if (!(await this.#remove(path))) return { kind: 'changed' };
    const fence = await this.#nextFence(parent);
    return { kind: 'freed', ...(fence === undefined ? {} : { fence }) };
  }

  /**
   * The node of the next in the queue was made after the freed holder looked. With nobody there, the deletion is the last
   * change below the parent.
   */
  async #nextFence(parent: string): Promise<bigint | undefined> {
    for (let look = 0; look < LOOKS; look += 1) {
      try {
        const { children, stat } = await list(this.#session, parent);
        const [first] = naming.queue(children);
        if (first === undefined) return zxidOf(stat.pzxid);
        const next = await this.#stat(`${parent}/${first.name}`);
        if (next !== null) return zxidOf(next.czxid);
      } catch (error) {
        if (isNoNode(error)) return undefined;
        throw error;
      }
    }
    return undefined;
  }

  /** @returns false where it is not there, or has children */
  async #remove(path: string): Promise<boolean> {
    try {
      await this.#session.run<void>((client, done) => client.remove(path, -1, done));
      return true;
    } catch (error) {
      if (error instanceof TreeError) return false;
      throw error;
    }
  }

  #stat(path: string): Promise<ZookeeperStat | null> {
    return this.#session.run<ZookeeperStat | null>((client, done) => client.exists(path, done));
  }
}
