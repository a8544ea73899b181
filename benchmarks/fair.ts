/**
 * The fair lock under the worst of loads: `npm run bench:fair`, with `-- --rounds 9 --seconds 5` for a calmer reading.
 *
 * Ten clients in ten processes take one key in turn, without holding it, side by side with npm's redis-semaphore and
 * redlock, each with its own default settings but for ever patient. In every round each contender has the machine to
 * itself for some seconds; whoever was first in one round is last in the next. The figures are medians over the rounds:
 * cycles per second of all clients, how long an acquire waited, and the least share of a client in relation to the mean.
 * In the percentiles every client counts the same, however often it got the lock: otherwise one that is always served would
 * hide those that never are.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { Mutex } from 'redis-semaphore';
import NpmRedlock from 'redlock';
import { RedisFairLock } from '../implementations/redis/fair.ts';
import { RedisServer } from '../tools/redis-server.ts';

const CLIENTS = 10;
const LEASE_MS = 10_000;
/** Ten processes of cold code would say more about the compiler than about the lock. */
const WARM_UP_MS = 2000;
const KEY = 'bench';

/** Takes the lock; resolves to the function that gives it back. */
type Acquire = () => Promise<() => Promise<unknown>>;

const CONTENDERS: Readonly<Record<string, (client: Redis, subscriber: Redis) => Acquire>> = {
  'redis-fair': (client, subscriber) => {
    const lock = new RedisFairLock({ client, subscriber, leaseMs: LEASE_MS, timeoutMs: Infinity });
    return async () => {
      const lease = await lock.acquire(KEY);
      return () => lease.release();
    };
  },
  'npm redis-semaphore': (client) => async () => {
    const mutex = new Mutex(client, KEY, { lockTimeout: LEASE_MS, acquireTimeout: Infinity });
    await mutex.acquire();
    return () => mutex.release();
  },
  'npm redlock': (client) => {
    const redlock = new NpmRedlock([client], { retryCount: -1 });
    return async () => {
      const lock = await redlock.lock(KEY, LEASE_MS);
      return async () => lock.unlock();
    };
  },
};

interface Reading {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Half of all the time that was spent waiting was spent in waits at least so long. */
  readonly halfMs: number;
  readonly maxMs: number;
  /** Of the client that was granted it least often, in relation to the mean. */
  readonly leastShare: number;
  /** Processor time of clients and server for one cycle: what is left of the figures on a machine that is busy. */
  readonly cpuUs: number;
}

/** What a client says before it ends. */
interface Account {
  readonly waits: readonly number[];
  readonly cpuUs: number;
}

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    client: { type: 'string' },
    port: { type: 'string', default: '0' },
  },
});
if (flags.client === undefined) await compare(Number(flags.rounds), Number(flags.seconds));
else await beClient(flags.client, Number(flags.port));

async function compare(rounds: number, seconds: number): Promise<void> {
  const names = Object.keys(CONTENDERS);
  const readings = new Map<string, Reading[]>(names.map((name) => [name, []]));
  await using server = await RedisServer.start();
  for (let round = 0; round < rounds; round += 1) {
    for (const [turn] of names.entries()) {
      const name = names[(turn + round) % names.length] ?? '';
      readings.get(name)?.push(await measure(name, server.port, seconds));
    }
  }
  console.log(`${CLIENTS} clients in ${CLIENTS} processes on one key, no hold; median of ${rounds} × ${seconds} s\n`);
  console.log(`${''.padEnd(20)}  cycles/s    p50 ms    p99 ms   half ms    max ms  CPU µs/cycle  least share`);
  const middles = names.map((name) => {
    const own = readings.get(name) ?? [];
    const of = (field: keyof Reading): number => median(own.map((reading) => reading[field]));
    const middle: Reading = {
      ...{ perSecond: of('perSecond'), p50Ms: of('p50Ms'), p99Ms: of('p99Ms'), halfMs: of('halfMs') },
      ...{ maxMs: of('maxMs'), leastShare: of('leastShare'), cpuUs: of('cpuUs') },
    };
    const figures = [
      middle.perSecond.toFixed(0),
      ...[middle.p50Ms, middle.p99Ms, middle.halfMs, middle.maxMs].map((ms) => ms.toFixed(1)),
    ];
    const cpu = middle.cpuUs.toFixed(0).padStart(14);
    const share = `${(middle.leastShare * 100).toFixed(0)} %`;
    console.log(
      `${name.padEnd(20)}${figures.map((figure) => figure.padStart(10)).join('')}${cpu}${share.padStart(13)}`,
    );
    return middle;
  });
  const [ours, ...others] = middles;
  if (ours === undefined) return;
  console.log('\nhalf: half of all the time spent waiting was spent in waits at least so long\n');
  for (const [index, other] of others.entries()) {
    const throughput = (ours.perSecond / other.perSecond).toFixed(2);
    const waits = [ours.p99Ms / other.p99Ms, ours.halfMs / other.halfMs, ours.maxMs / other.maxMs];
    const [p99, half, max] = waits.map((ratio) => ratio.toFixed(3));
    console.log(`redis-fair / ${names[index + 1]}: throughput ${throughput}, p99 ${p99}, half ${half}, max ${max}`);
  }
}

async function measure(name: string, port: number, seconds: number): Promise<Reading> {
  const clients = Array.from({ length: CLIENTS }, () =>
    fork(import.meta.filename, ['--client', name, '--port', String(port)], { stdio: 'inherit' }),
  );
  await Promise.all(clients.map((client) => once(client, 'message')));
  const answers = clients.map(accountOf);
  const serverBefore = await serverCpuUs(port);
  for (const client of clients) client.send({ seconds });
  const accounts = await Promise.all(answers);
  // Of the warm-up, too: as much per second.
  const serverUs = ((await serverCpuUs(port)) - serverBefore) * (seconds / (seconds + WARM_UP_MS / 1000));
  const waits = accounts.map((account) => account.waits);
  const count = waits.reduce((sum, { length }) => sum + length, 0);
  const least = Math.min(...waits.map(({ length }) => length));
  const at = percentiles(waits);
  return {
    perSecond: count / seconds,
    ...{ p50Ms: at(0.5), p99Ms: at(0.99), halfMs: halfOfTheTime(waits.flat()), maxMs: at(1) },
    leastShare: (least * CLIENTS) / count,
    cpuUs: (accounts.reduce((sum, { cpuUs }) => sum + cpuUs, 0) + serverUs) / count,
  };
}

/** Of the waits of all clients, each client weighing the same. */
function percentiles(waits: readonly (readonly number[])[]): (share: number) => number {
  const weighed = waits
    .flatMap((own) => own.map((wait) => ({ wait, weight: 1 / own.length })))
    .toSorted((a, b) => a.wait - b.wait);
  return (share) => {
    let left = share * waits.length;
    return weighed.find(({ weight }) => (left -= weight) <= 0)?.wait ?? weighed.at(-1)?.wait ?? 0;
  };
}

function halfOfTheTime(waits: readonly number[]): number {
  const longestFirst = waits.toSorted((a, b) => b - a);
  let left = waits.reduce((sum, wait) => sum + wait, 0) / 2;
  return longestFirst.find((wait) => (left -= wait) <= 0) ?? 0;
}

async function accountOf(client: ChildProcess): Promise<Account> {
  const [[account]] = (await Promise.all([once(client, 'message'), once(client, 'exit')])) as [[Account], unknown];
  return account;
}

async function serverCpuUs(port: number): Promise<number> {
  const admin = new Redis(port, '127.0.0.1');
  const info = await admin.info('cpu');
  admin.disconnect();
  const seconds = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6;
}

async function beClient(name: string, port: number): Promise<void> {
  const [client, subscriber] = [new Redis(port, '127.0.0.1'), new Redis(port, '127.0.0.1')];
  const acquire = CONTENDERS[name]?.(client, subscriber);
  if (acquire === undefined) throw new Error(`there is no contender ${name}`);
  await Promise.all([client.ping(), subscriber.ping()]);
  const asked = once(process, 'message');
  process.send?.('ready');
  const [{ seconds }] = (await asked) as [{ seconds: number }];
  await cycles(acquire, WARM_UP_MS);
  const cpuBefore = process.cpuUsage();
  const waits = await cycles(acquire, seconds * 1000);
  const { user, system } = process.cpuUsage(cpuBefore);
  await new Promise((resolve) => process.send?.({ waits, cpuUs: user + system }, resolve));
  client.disconnect();
  subscriber.disconnect();
  process.disconnect();
}

/** Takes and gives back for so long; how long each acquire waited, in milliseconds. */
async function cycles(acquire: Acquire, durationMs: number): Promise<number[]> {
  const until = performance.now() + durationMs;
  const waits: number[] = [];
  for (;;) {
    const askedAt = performance.now();
    if (askedAt >= until) return waits;
    const release = await acquire();
    waits.push(performance.now() - askedAt);
    await release();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
