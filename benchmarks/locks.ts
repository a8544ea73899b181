/**
 * What the Redis locks cost: `npm run bench:locks`, with `-- --rounds 200` for a calmer reading.
 *
 * Uncontended: acquire and release, one after the other and 32 at a time, against two bare scripts sent through the same
 * client library (what a lock can cost at the least) and against published locks. All contenders take turns in one run,
 * with clients of their own to the same servers; the figures are medians of the rounds, and a ratio is the median of the
 * ratios of each round, with its quartiles. Above 1, ours is faster.
 *
 * Handover: from the call of release to the grant of a client that waits on another connection, in round trips (the
 * median PING of that same client).
 */
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { Mutex } from 'redis-semaphore';
import NpmRedlock from 'redlock';
import { RedisLock } from '../implementations/redis/basic.ts';
import { Redlock } from '../implementations/redis/redlock.ts';
import { lockScripts } from '../implementations/redis/scripts.ts';
import { newToken } from '../implementations/token.ts';
import { RedisServer } from '../tools/redis-server.ts';

const LEASE_MS = 30_000;
const CYCLES_PER_ROUND = 200;
const CONCURRENCY = 32;

/** One acquire and release of `key`. */
type Cycle = (key: string) => PromiseLike<unknown>;

interface Contender {
  readonly name: string;
  readonly cycle: Cycle;
}

interface Summary {
  readonly median: number;
  readonly quartiles: readonly [number, number];
}

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '60' } } });
const rounds = Number(flags.rounds);

const servers = await RedisServer.startMany(5);
const clients: Redis[] = [];
try {
  const single = await singleServer();
  await compare('one server, one at a time', single, 1);
  await compare(`one server, ${CONCURRENCY} at a time`, single, CONCURRENCY);
  const several = await fiveServers();
  await compare('five servers, one at a time', several, 1);
  await compare(`five servers, ${CONCURRENCY} at a time`, several, CONCURRENCY);
  await handover();
} finally {
  for (const client of clients) client.disconnect();
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
}

async function connect(count: number): Promise<[Redis, ...Redis[]]> {
  const [first, ...others] = servers.slice(0, count).map(({ port }) => new Redis(port, '127.0.0.1'));
  if (first === undefined) throw new Error('no server');
  clients.push(first, ...others);
  await Promise.all([first, ...others].map((client) => client.ping()));
  return [first, ...others];
}

async function singleServer(): Promise<readonly Contender[]> {
  const [[ours], [same], [least], [semaphore], redlockClients] = await Promise.all([
    connect(1),
    connect(1),
    connect(1),
    connect(1),
    connect(1),
  ]);
  const lock = new RedisLock({ client: ours, leaseMs: LEASE_MS });
  const npmRedlock = new NpmRedlock(redlockClients);
  return [
    { name: 'redis-basic', cycle: async (key) => (await lock.acquire(key)).release() },
    { name: 'its two scripts, bare', cycle: bareFenced(same) },
    { name: 'two least scripts, bare (no fence, no wake-up)', cycle: bareLeast(least) },
    {
      name: 'npm redis-semaphore Mutex',
      cycle: async (key) => {
        const mutex = new Mutex(semaphore, key, { lockTimeout: LEASE_MS });
        await mutex.acquire();
        await mutex.release();
      },
    },
    { name: 'npm redlock', cycle: async (key) => (await npmRedlock.lock(key, LEASE_MS)).unlock() },
  ];
}

async function fiveServers(): Promise<readonly Contender[]> {
  const lock = new Redlock({ clients: await connect(5), leaseMs: LEASE_MS });
  const npmRedlock = new NpmRedlock(await connect(5));
  return [
    { name: 'redlock', cycle: async (key) => (await lock.acquire(key)).release() },
    { name: 'npm redlock', cycle: async (key) => (await npmRedlock.lock(key, LEASE_MS)).unlock() },
  ];
}

/** The very scripts of `redis-basic`, with nothing around them. */
function bareFenced(client: Redis): Cycle {
  const scripts = lockScripts(client);
  return async (key) => {
    const token = newToken();
    const fence = await scripts.acquireFenced.run(2, key, `${key}:fence`, token, LEASE_MS);
    await scripts.release.run(2, key, `${key}:fence`, token, `${key}:free`, String(fence));
  };
}

/** The least that anybody sends: SET NX PX, and delete if it is one's own. */
function bareLeast(client: Redis): Cycle {
  const scripts = lockScripts(client);
  return async (key) => {
    const token = newToken();
    await scripts.acquire.run(1, key, token, LEASE_MS);
    await scripts.release.run(1, key, token, '');
  };
}

async function compare(title: string, contenders: readonly Contender[], concurrency: number): Promise<void> {
  for (const { cycle } of contenders) await cyclesPerSecond(cycle, concurrency);
  const readings = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      // Everybody is first, and everybody is last, equally often.
      const index = (turn + round) % contenders.length;
      const contender = contenders[index];
      if (contender !== undefined) readings[index]?.push(await cyclesPerSecond(contender.cycle, concurrency));
    }
  }
  console.log(`\n${title} (${rounds} rounds of ${CYCLES_PER_ROUND} cycles each)`);
  const [first = []] = readings;
  for (const [index, { name }] of contenders.entries()) {
    const own = readings[index] ?? [];
    const rate = summary(own);
    const line = `  ${name.padEnd(48)} ${rate.median.toFixed(0).padStart(7)}/s ${(1e6 / rate.median).toFixed(0).padStart(6)} µs`;
    const ratio = summary(own.map((value, round) => (first[round] ?? 0) / value));
    const [low, high] = ratio.quartiles;
    console.log(
      index === 0 ? line : `${line}   ours/this ${ratio.median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`,
    );
  }
}

/** Each of the concurrent loops has a key of its own. */
async function cyclesPerSecond(cycle: Cycle, concurrency: number): Promise<number> {
  let left = CYCLES_PER_ROUND;
  const loop = async (key: string): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await cycle(key);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: concurrency }, (_, index) => loop(`bench:${index}`)));
  return (CYCLES_PER_ROUND * 1000) / (performance.now() - startedAt);
}

async function handover(): Promise<void> {
  const [[holderClient], [waiterClient], [subscriber]] = await Promise.all([connect(1), connect(1), connect(1)]);
  const holder = new RedisLock({ client: holderClient, leaseMs: LEASE_MS });
  const retry = { delayMs: 10_000, maxDelayMs: 10_000 };
  const waiter = new RedisLock({ client: waiterClient, subscriber, leaseMs: LEASE_MS, retry });
  const trips: number[] = [];
  const elapsed: number[] = [];
  for (let round = 0; round < rounds * 5; round += 1) {
    const pingedAt = performance.now();
    await waiterClient.ping();
    trips.push(performance.now() - pingedAt);
    const lease = await holder.acquire('handover');
    const granted = waiter.acquire('handover');
    // Until it sleeps: its requests, and the subscription, have been answered by then.
    for (let pings = 0; pings < 5; pings += 1) await subscriber.ping();
    const releasedAt = performance.now();
    const released = lease.release();
    const next = await granted;
    elapsed.push(performance.now() - releasedAt);
    await Promise.all([released, next.release()]);
  }
  const trip = summary(trips).median;
  const { median, quartiles } = summary(elapsed);
  console.log(`\nhandover to a waiter on another connection (${elapsed.length} rounds)`);
  console.log(`  round trip ${(trip * 1000).toFixed(0)} µs`);
  console.log(
    `  handover ${(median * 1000).toFixed(0)} µs = ${(median / trip).toFixed(2)} round trips ` +
      `(${quartiles.map((value) => (value / trip).toFixed(2)).join('–')})`,
  );
}

function summary(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { median: at(0.5), quartiles: [at(0.25), at(0.75)] };
}
