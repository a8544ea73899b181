/** The operator on several independent Redis servers: what most of them agree on. */
import { LockOutcomeUnknownError } from '../lock.ts';
import { RedisNode } from '../redis/node.ts';
import type { RedisClient } from '../redis/client.ts';
import { Script } from '../redis/scripts.ts';
import { holderId } from './operator.ts';
import type { Freed, HolderSight, KeySight, Leftover, Listing, Operator } from './operator.ts';
import { scan } from './redis-scan.ts';
import type { ScanClient } from './redis-scan.ts';
import { FREE_UNFENCED } from './redis-scripts.ts';

interface Server {
  readonly client: RedisClient & ScanClient;
  readonly node: RedisNode;
  readonly free: Script;
}

export class RedlockOperator implements Operator {
  readonly sweeping = 'Redlock keeps nothing that does not expire';
  readonly #servers: readonly Server[];
  readonly #prefix: string;
  readonly #close: () => Promise<void>;

  constructor(clients: readonly (RedisClient & ScanClient)[], prefix: string, close: () => Promise<void>) {
    this.#servers = clients.map((client) => ({
      client,
      node: new RedisNode(client, { prefix, fenced: false }),
      free: new Script(client, FREE_UNFENCED),
    }));
    this.#prefix = prefix;
    this.#close = close;
  }

  /** What a majority has is on one of any majority: to find it, a server that does not answer may be left out. */
  async list(limit: number): Promise<Listing> {
    const names = new Set<string>();
    const scans = await Promise.allSettled(
      this.#servers.map(async ({ client }) => {
        for await (const { key, suffix } of scan(client, this.#prefix)) if (suffix === '') names.add(key);
      }),
    );
    const failures = failuresOf(scans);
    if (failures.length >= this.#quorum) throw this.#trouble(failures);
    const keys: KeySight[] = [];
    for (const key of names) {
      const sights = await this.inspect(key);
      if (sights.length > 0 && keys.length === limit) return { keys, more: true };
      keys.push(...sights);
    }
    return { keys, more: false };
  }

  async inspect(key: string): Promise<KeySight[]> {
    const answers = await Promise.allSettled(this.#servers.map(({ node }) => node.inspect(key)));
    const seen = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    if (seen.length < this.#quorum) throw this.#trouble(failuresOf(answers));
    const tokens = new Set(seen.flatMap(({ token }) => token ?? []));
    for (const token of tokens) {
      const agreeing = seen.filter((one) => one.token === token).map(({ remainingMs = 0 }) => remainingMs);
      if (agreeing.length < this.#quorum) continue;
      const remainingMs = agreeing.toSorted((a, b) => b - a)[this.#quorum - 1] ?? 0;
      const holder: HolderSight = {
        ...{ id: holderId(token), mode: 'exclusive', remainingMs },
        ...{ detail: `on ${agreeing.length} of ${this.#servers.length} servers` },
        force: { kind: 'conditional', run: () => this.#free(key, token) },
      };
      return [{ key, lock: 'redlock', holders: [holder] }];
    }
    return [];
  }

  leftovers(): Promise<Leftover[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** Each server compares for itself. Freed is what can no longer have a majority. */
  async #free(key: string, token: string): Promise<Freed> {
    const answers = await Promise.allSettled(
      this.#servers.map(({ node, free }) =>
        node.runScript(free, Number, 1, node.lockKey(key), token, node.channel(key)),
      ),
    );
    const deleted = answers.filter((answer) => answer.status === 'fulfilled' && answer.value === 1).length;
    const without = answers.filter(({ status }) => status === 'fulfilled').length;
    if (without <= this.#servers.length - this.#quorum) throw this.#trouble(failuresOf(answers));
    return deleted === 0 ? { kind: 'changed' } : { kind: 'freed' };
  }

  #trouble(failures: readonly unknown[]): LockOutcomeUnknownError {
    const cause = new AggregateError(failures, 'failures of single servers');
    return new LockOutcomeUnknownError(`${failures.length} of ${this.#servers.length} servers failed`, { cause });
  }

  get #quorum(): number {
    return Math.floor(this.#servers.length / 2) + 1;
  }
}

function failuresOf(answers: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
}
