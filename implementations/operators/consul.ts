/** The operator on Consul: a key that a session has acquired. */
import { entriesOf } from '../consul/answers.ts';
import type { KeyEntry } from '../consul/answers.ts';
import { Agents, RefusalError } from '../consul/client.ts';
import type { ConsulClient } from '../consul/client.ts';
import { plainName } from '../key.ts';
import { holderId } from './operator.ts';
import type { Freed, HolderSight, KeySight, Leftover, Listing, Operator } from './operator.ts';

const timeout = 5000;

export class ConsulOperator implements Operator {
  readonly sweeping = 'the lock on Consul deletes its key when it is released, and Consul when its session ends';
  readonly #agents: Agents;
  readonly #prefix: string;

  constructor(clients: readonly [ConsulClient, ...ConsulClient[]], prefix: string) {
    this.#agents = new Agents(clients);
    this.#prefix = plainName(prefix);
  }

  async list(limit: number): Promise<Listing> {
    const entries = await this.#read({ key: this.#prefix, recurse: true });
    const held = entries.filter(({ session }) => session !== undefined);
    return { keys: held.slice(0, limit).map((entry) => this.#sightOf(entry)), more: held.length > limit };
  }

  async inspect(key: string): Promise<KeySight[]> {
    const entries = await this.#read({ key: this.#prefix + plainName(key) });
    return entries.filter(({ session }) => session !== undefined).map((entry) => this.#sightOf(entry));
  }

  leftovers(): Promise<Leftover[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    this.#agents.close();
    return Promise.resolve();
  }

  #sightOf(entry: KeyEntry): KeySight {
    const { name, session = '', changedAt, value } = entry;
    const holder: HolderSight = {
      ...{ id: holderId(value, String(changedAt)), mode: 'exclusive', fencingToken: BigInt(changedAt) },
      ...{ detail: `session ${session.slice(0, 8)}…` },
      force: { kind: 'conditional', run: () => this.#free(entry) },
    };
    return { key: decodeURIComponent(name.slice(this.#prefix.length)), lock: 'consul', holders: [holder] };
  }

  /** The index of a grant is the key’s own; every later one is higher. */
  async #free({ name: Key, session: Session, changedAt: Index }: KeyEntry): Promise<Freed> {
    const operations = [
      { KV: { Verb: 'check-session', Key, Session } },
      { KV: { Verb: 'check-index', Key, Index } },
      { KV: { Verb: 'delete', Key } },
    ];
    try {
      await this.#agents.ask(timeout, (client) => client.transaction.create(operations, { timeout }));
      return { kind: 'freed', fence: BigInt(Index) + 1n };
    } catch (error) {
      if (error instanceof RefusalError) return { kind: 'changed' };
      throw error;
    }
  }

  async #read(query: { readonly key: string; readonly recurse?: true }): Promise<KeyEntry[]> {
    const read = (client: ConsulClient): Promise<unknown> => client.kv.get({ ...query, consistent: true, timeout });
    return entriesOf(await this.#agents.ask(timeout, read));
  }
}
