/**
 * A thousand keys over a link of 5 ms there and back, by `acquireMany` and one after the other: `npm run bench:many`, with
 * `-- --rounds 20` for more. The median is printed, and the flights: waits for an answer before something more was sent.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { acquireMany, releaseMany } from '../implementations/decorators/acquire-many/index.ts';
import type { Endpoint, Lease } from '../implementations/lock.ts';
import { RedisLock } from '../implementations/redis/index.ts';
import { CountingProxy } from '../harness/backends/counting-proxy.ts';
import { RedisServer } from '../tools/redis-server.ts';

const KEYS = 1000;
const ONE_WAY_MS = 2.5;
const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } });
const rounds = Number(flags.rounds);

/** Hands on what comes, in its order, so much later. */
async function slowLink({ host, port }: Endpoint): Promise<{ port: number; close(): void }> {
  const relay = (from: Socket, to: Socket): void => {
    from.on('data', (data) => setTimeout(() => to.write(data), ONE_WAY_MS));
    from.on('error', () => to.destroy()).on('close', () => to.destroy());
  };
  const server = createServer((client) => {
    const behind = connect({ host, port });
    relay(client, behind);
    relay(behind, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

await using server = await RedisServer.start();
const link = await slowLink(server.endpoint);
const proxy = await CountingProxy.open({ host: '127.0.0.1', port: link.port }, 'redis');
const client = new Redis({ host: proxy.endpoint.host, port: proxy.endpoint.port });
const lock = new RedisLock({ client, leaseMs: 30_000, renew: false });
await (await lock.acquire('warm')).release();

const took: number[] = [];
const flights: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const keys = Array.from({ length: KEYS }, (_, index) => `${round}-${index}`);
  const before = proxy.trips;
  const startedAt = performance.now();
  const answers = await acquireMany(lock, keys);
  took.push(performance.now() - startedAt);
  flights.push(proxy.trips - before);
  const leases = answers.flatMap((answer): Lease[] => (answer.outcome === 'granted' ? [answer.lease] : []));
  if (leases.length !== KEYS) throw new Error(`${leases.length} of ${KEYS} were granted`);
  await releaseMany(leases);
}
const startedAt = performance.now();
for (let index = 0; index < 50; index += 1) await (await lock.acquire(`single-${index}`)).release();
const singleMs = ((performance.now() - startedAt) / 50 / 2) * KEYS;
console.log(`redis-basic, ${KEYS} keys: ${median(took).toFixed(0)} ms in ${median(flights)} flights at once`);
console.log(`one after the other, from 50 of them: ${singleMs.toFixed(0)} ms in ${KEYS} flights`);
client.disconnect();
await proxy.close();
link.close();
