/**
 * What the lock on etcd costs: `npm run bench:etcd`, with `-- --rounds 20` for a calmer reading.
 *
 * Uncontended cycles of acquire and release on one server, some at a time, each on a key of its own: ours, the two
 * transactions of it alone through the same client (what it can cost at the least), and the lock of `etcd3`. All take turns
 * in one run; the figures are medians of the rounds, and a ratio is the median of the ratios of each round.
 */
import { parseArgs } from 'node:util';
import { Etcd3 } from 'etcd3';
import { EtcdClient } from '../implementations/etcd/client.ts';
import { EtcdLock } from '../implementations/etcd/lock.ts';
import { put, query, remove } from '../implementations/etcd/messages.ts';
import { queueOf } from '../implementations/etcd/place.ts';
import { startServer } from '../tools/servers.ts';

const ROUND_MS = 1000;
const LEASE_MS = 30_000;
const TIMEOUT_MS = 10_000;
const AT_ONCE = [1, 4, 16];

type Cycle = (key: string) => Promise<unknown>;

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });

await using servers = await startServer('etcd');
const [endpoint] = servers.endpoints;
const url = `http://${endpoint?.host}:${endpoint?.port}`;
const lock = new EtcdLock({ client: new EtcdClient({ endpoints: [url] }) });
const client = new EtcdClient({ endpoints: [url] });
const published = new Etcd3({ hosts: url });
await client.grant(1n, 3600, TIMEOUT_MS);

const contenders: Readonly<Record<string, Cycle>> = {
  ours: async (key) => (await lock.acquire(key, { leaseMs: LEASE_MS })).release(),
  bare: async (key) => {
    const queue = `bare:${key}/`;
    const newest = query({ ...queueOf(queue), order: 'newest first', limit: 2 });
    const { revision } = await client.transact(
      { key: `${queue}1`, createRevision: 0n },
      [put(`${queue}1`, 1n), newest],
      [],
      TIMEOUT_MS,
    );
    return client.transact({ key: `${queue}1`, createRevision: revision }, [remove(`${queue}1`)], [], TIMEOUT_MS);
  },
  etcd3: async (key) => {
    const other = published.lock(`etcd3:${key}`).ttl(LEASE_MS / 1000);
    await other.acquire();
    return other.release();
  },
};

try {
  for (const atOnce of AT_ONCE) {
    const rates: Record<string, number[]> = {};
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const [name, cycle] of Object.entries(contenders)) {
        (rates[name] ??= []).push(await rateOf(cycle, atOnce));
      }
    }
    const ratio = (name: string): string => {
      const others = rates[name] ?? [];
      return median((rates['ours'] ?? []).map((rate, round) => rate / (others[round] ?? NaN))).toFixed(2);
    };
    const perSecond = Object.entries(rates).map(([name, of]) => `${name} ${median(of).toFixed(0)}/s`);
    process.stdout.write(
      `${atOnce} at a time: ${perSecond.join(', ')}; ours is ${ratio('bare')} of bare, ${ratio('etcd3')} times etcd3\n`,
    );
  }
} finally {
  published.close();
  client.close();
  await lock.close();
}

async function rateOf(cycle: Cycle, atOnce: number): Promise<number> {
  const end = performance.now() + ROUND_MS;
  let cycles = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async (_, worker) => {
      for (; performance.now() < end; cycles++) await cycle(String(worker));
    }),
  );
  return (cycles / (performance.now() - began)) * 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
