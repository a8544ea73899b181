/**
 * The operator on one Redis server, a primary or a cluster. All locks of the family write the same names, and what is in
 * them tells which it is; a basic and a fair lock look alike as long as nobody queues.
 */
import { RedisNode } from '../redis/node.ts';
import type { RedisClient } from '../redis/client.ts';
import { FENCE_LIFETIME_MS, Script } from '../redis/scripts.ts';
import { holderId } from './operator.ts';
import type { ForceRelease, Freed, HolderSight, KeySight, Leftover, Listing, Operator } from './operator.ts';
import { FREE_OWNER, FREE_READER, FREE_TOKEN, FREE_WRITER, LOOK, SWEEP_FENCE } from './redis-scripts.ts';
import { scan } from './redis-scan.ts';
import type { ScanClient } from './redis-scan.ts';

/** What `LOOK` answers, read. */
interface Look {
  readonly value: string | null;
  readonly fields: Readonly<Record<string, string>>;
  readonly expiryMs: number;
  readonly fence: string | null;
  readonly queued: number;
  /** Token → deadline in milliseconds of the server's clock. */
  readonly readers: Readonly<Record<string, string>>;
  /** Token → `fence|owner`. */
  readonly leases: Readonly<Record<string, string>>;
  readonly writerWaits: boolean;
  readonly nowMs: number;
}

type Names = Readonly<
  Record<'lock' | 'fence' | 'queue' | 'waiters' | 'readers' | 'leases' | 'intent' | 'free', string>
>;

export class RedisOperator implements Operator {
  readonly sweeping =
    'fences are kept for a week after the first grant and then go by themselves; swept sooner, the next one begins with the server’s time';
  readonly #client: RedisClient & ScanClient;
  readonly #prefix: string;
  readonly #node: RedisNode;
  readonly #close: () => Promise<void>;
  readonly #scripts: Readonly<Record<string, Script>>;

  constructor(client: RedisClient & ScanClient, prefix: string, close: () => Promise<void>) {
    this.#client = client;
    this.#prefix = prefix;
    this.#node = new RedisNode(client, { prefix, fenced: true });
    this.#close = close;
    this.#scripts = Object.fromEntries(
      Object.entries({ LOOK, FREE_TOKEN, FREE_OWNER, FREE_WRITER, FREE_READER, SWEEP_FENCE }).map(([name, lua]) => [
        name,
        new Script(client, lua),
      ]),
    );
  }

  async list(limit: number): Promise<Listing> {
    const keys: KeySight[] = [];
    for await (const { key, suffix } of scan(this.#client, this.#prefix)) {
      if (suffix !== '' && suffix !== ':queue' && suffix !== ':readers') continue;
      if (keys.some((seen) => seen.key === key)) continue;
      const sights = await this.inspect(key);
      if (sights.length > 0 && keys.length === limit) return { keys, more: true };
      keys.push(...sights);
    }
    return { keys, more: false };
  }

  async inspect(key: string): Promise<KeySight[]> {
    const names = this.#names(key);
    const { lock, fence, queue, readers, leases, intent } = names;
    const look = await this.#run('LOOK', lookOf, [lock, fence, queue, readers, leases, intent], []);
    const sight = this.#sightOf(names, look);
    return sight.holders.length === 0 && (sight.waiting ?? 0) === 0 ? [] : [{ key, ...sight }];
  }

  async leftovers(ageMs: number, limit: number): Promise<Leftover[]> {
    const found: Leftover[] = [];
    for await (const { key, suffix } of scan(this.#client, this.#prefix)) {
      if (suffix !== ':fence') continue;
      const { lock, fence, queue, readers } = this.#names(key);
      const [value, remainingMs] = await this.#node.run(() =>
        Promise.all([this.#client.get(fence), this.#client.pttl(fence)]),
      );
      const age = FENCE_LIFETIME_MS - remainingMs;
      if (value === null || remainingMs < 0 || age < ageMs) continue;
      if ((await this.inspect(key)).length > 0) continue;
      const remove = (): Promise<boolean> =>
        this.#run('SWEEP_FENCE', (reply) => Number(reply) === 1, [lock, fence, queue, readers], [value]);
      found.push({ name: fence, what: 'fence', ageMs: age, remove });
      if (found.length === limit) break;
    }
    return found;
  }

  close(): Promise<void> {
    return this.#close();
  }

  #sightOf(names: Names, look: Look): Omit<KeySight, 'key'> {
    const { value, fields, queued } = look;
    const readers = this.#readers(names, look);
    if (value?.includes('|') === true || readers.length > 0) {
      const writer = value === null ? [] : [this.#writer(names, look, value)];
      return { lock: 'redis-read-write', holders: [...writer, ...readers], waiting: Number(look.writerWaits) };
    }
    const { owner, fence } = fields;
    if (owner !== undefined && fence !== undefined)
      return { lock: 'redis-reentrant', holders: [this.#owner(names, look, owner, fence)] };
    const holders = value === null ? [] : [this.#token(names, look, value)];
    return queued > 0 ? { lock: 'redis-fair', holders, waiting: queued } : { lock: 'redis', holders };
  }

  #token({ lock, fence, queue, waiters, free }: Names, look: Look, token: string): HolderSight {
    const keys = [lock, fence, queue, waiters, `${lock}:gone:${token}`];
    return {
      ...{ id: holderId(token, look.fence ?? ''), mode: 'exclusive', ...remaining(look) },
      ...(look.fence === null ? {} : { fencingToken: BigInt(look.fence) }),
      force: this.#force('FREE_TOKEN', keys, [token, look.fence ?? '', free]),
    };
  }

  #owner({ lock, fence, free }: Names, look: Look, owner: string, issued: string): HolderSight {
    const leases = Object.keys(look.fields).filter((field) => field.startsWith('+')).length;
    return {
      ...{ id: holderId(owner, issued), mode: 'exclusive', fencingToken: BigInt(issued), ...remaining(look) },
      ...{ detail: `${leases} lease${leases === 1 ? '' : 's'} of one owner` },
      force: this.#force('FREE_OWNER', [lock, fence], [owner, issued, free]),
    };
  }

  #writer({ lock, fence, free }: Names, look: Look, value: string): HolderSight {
    const [token = '', issued = '0'] = value.split('|');
    return {
      ...{ id: holderId(token, issued), mode: 'exclusive', fencingToken: BigInt(issued), ...remaining(look) },
      force: this.#force('FREE_WRITER', [lock, fence], [value, free]),
    };
  }

  #readers({ lock, fence, readers, leases, free }: Names, look: Look): HolderSight[] {
    return Object.entries(look.readers).flatMap(([token, deadline]) => {
      const lease = look.leases[token];
      const remainingMs = Number(deadline) - look.nowMs;
      if (lease === undefined || remainingMs <= 0) return [];
      const [issued = '0'] = lease.split('|');
      return {
        ...{ id: holderId(token, issued), mode: 'shared', fencingToken: BigInt(issued), remainingMs },
        force: this.#force('FREE_READER', [lock, fence, readers, leases], [token, lease, free]),
      };
    });
  }

  #force(script: string, keys: readonly string[], args: readonly string[]): ForceRelease {
    return { kind: 'conditional', run: () => this.#run(script, freedOf, keys, args) };
  }

  #run<T>(name: string, read: (reply: unknown) => T, keys: readonly string[], args: readonly string[]): Promise<T> {
    const script = this.#scripts[name];
    if (script === undefined) throw new RangeError(`there is no script ${name}`);
    return this.#node.runScript(script, read, keys.length, ...keys, ...args);
  }

  #names(key: string): Names {
    const lock = this.#node.lockKey(key);
    const under = (name: string): string => `${lock}:${name}`;
    return {
      ...{ lock, fence: under('fence'), queue: under('queue'), waiters: under('waiters'), free: under('free') },
      ...{ readers: under('readers'), leases: under('leases'), intent: under('intent') },
    };
  }
}

function remaining({ expiryMs }: Look): { readonly remainingMs?: number } {
  return expiryMs >= 0 ? { remainingMs: expiryMs } : {};
}

function freedOf(reply: unknown): Freed {
  return typeof reply === 'string' ? { kind: 'freed', fence: BigInt(reply) } : { kind: 'changed' };
}

function lookOf(reply: unknown): Look {
  const [value, fields, expiryMs, fence, queued, readers, leases, intent, now] = Array.isArray(reply)
    ? (reply as unknown[])
    : [];
  return {
    ...{ value: textOf(value), fields: pairs(fields), expiryMs: Number(expiryMs), fence: textOf(fence) },
    ...{ queued: Number(queued), readers: pairs(readers), leases: pairs(leases) },
    ...{ writerWaits: Number(intent) === 1, nowMs: Number(now) },
  };
}

const textOf = (reply: unknown): string | null => (typeof reply === 'string' ? reply : null);

function pairs(flat: unknown): Record<string, string> {
  const list = Array.isArray(flat) ? flat.map(String) : [];
  return Object.fromEntries(list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1] ?? '']] : [])));
}
