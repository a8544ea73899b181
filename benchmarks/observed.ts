/**
 * What watching a lock costs: `npm run bench:observed`, with `-- --rounds 200` for a calmer reading.
 *
 * Uncontended acquire and release of `redis-basic`, bare and with each decorator that watches it, one after the other and 32
 * at a time. All take turns in one run on clients of their own; the figure is the median of the ratios of each round, with
 * its quartiles: 0.97 is 3 % slower than the bare lock. On a busy machine look at the processor's time for a cycle instead.
 */
import { parseArgs } from 'node:util';
import { build } from 'hdr-histogram-js';
import { Redis } from 'ioredis';
import { LockMetrics, ObservedLock } from '../implementations/decorators/observed/index.ts';
import type { Lock } from '../implementations/lock.ts';
import { RedisLock } from '../implementations/redis/basic.ts';
import { RedisServer } from '../tools/redis-server.ts';

const CYCLES_PER_ROUND = 400;
const LEASE_MS = 30_000;

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '60' } } });
const rounds = Number(flags.rounds);

const histogram = () => build({ highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: 2 });
const WATCHED: Readonly<Record<string, (lock: Lock) => Lock>> = {
  'redis-basic': (lock) => lock,
  'redis-basic + observed': (lock) => new ObservedLock(lock, { metrics: new LockMetrics({ histogram }) }),
};

async function rate(lock: Lock, concurrency: number): Promise<number> {
  const startedAt = performance.now();
  const client = async (index: number): Promise<void> => {
    for (let cycle = 0; cycle < CYCLES_PER_ROUND / concurrency; cycle += 1)
      await (await lock.acquire(`order:${index}`)).release();
  };
  await Promise.all(Array.from({ length: concurrency }, (_, index) => client(index)));
  return (1000 * CYCLES_PER_ROUND) / (performance.now() - startedAt);
}

const median = (values: readonly number[]): number =>
  at(
    values.toSorted((a, b) => a - b),
    0.5,
  );
const at = (sorted: readonly number[], share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;

await using server = await RedisServer.start();
const clients: Redis[] = [];
const contenders = Object.entries(WATCHED).map(([name, decorate]) => {
  const client = new Redis(server.port, '127.0.0.1');
  clients.push(client);
  return {
    name,
    lock: decorate(new RedisLock({ client, leaseMs: LEASE_MS })),
    rates: [] as number[],
    cpuUs: [] as number[],
  };
});
for (const concurrency of [1, 32]) {
  for (const contender of contenders) {
    contender.rates = [];
    contender.cpuUs = [];
    await rate(contender.lock, concurrency);
  }
  for (let round = 0; round < rounds; round += 1)
    for (let turn = 0; turn < contenders.length; turn += 1) {
      // Everybody is first, and everybody is last, equally often.
      const contender = contenders[(turn + round) % contenders.length];
      if (contender === undefined) continue;
      const cpu = process.cpuUsage();
      contender.rates.push(await rate(contender.lock, concurrency));
      const { user, system } = process.cpuUsage(cpu);
      contender.cpuUs.push((user + system) / CYCLES_PER_ROUND);
    }
  console.log(`\n${concurrency} at a time (${rounds} rounds of ${CYCLES_PER_ROUND} cycles each)`);
  const bare = contenders[0]?.rates ?? [];
  for (const { name, rates, cpuUs } of contenders) {
    const ratios = rates.map((own, round) => own / (bare[round] ?? NaN)).toSorted((a, b) => a - b);
    const cpu = median(cpuUs).toFixed(1);
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => at(ratios, share).toFixed(3));
    console.log(
      `  ${name.padEnd(28)} ${median(rates).toFixed(0).padStart(7)}/s   ${middle} (${low}–${high})   ${cpu} µs of processor`,
    );
  }
}
for (const client of clients) client.disconnect();
