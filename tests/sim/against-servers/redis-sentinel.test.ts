/** The model of Redis behind Sentinels is held against real ones: the same tapes, through the same clients, on both. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { draws } from '../../effort.ts';
import type { Endpoint } from '../../../implementations/lock.ts';
import { inWorld, install, type Place } from '../in-world.ts';
import { commands, play, type Step } from '../redis-tape.ts';
import { startServer, type Servers } from '../../../tools/servers.ts';

install();
const { Redis } = await import('ioredis');
type Client = InstanceType<typeof Redis>;

const MASTER = 'holdfast';
const REPLICAS = 2;

let servers: Servers;
before(async () => {
  servers = await startServer('redis', 'sentinel');
});
after(() => servers[Symbol.asyncDispose]());

function open(sentinels: readonly Endpoint[], role: 'master' | 'slave'): Client {
  const client = new Redis({
    ...{ sentinels: sentinels.map(({ host, port }) => ({ host, port })), name: MASTER, role },
    ...{ disableClientInfo: true, retryStrategy: () => 20, sentinelRetryStrategy: () => 20 },
    reconnectOnError: (error) => role === 'master' && error.message.startsWith('READONLY'),
  });
  return client.on('error', () => undefined);
}

async function withClients<T>(sentinels: readonly Endpoint[], use: (primary: Client, replica: Client) => Promise<T>) {
  const clients = [open(sentinels, 'master'), open(sentinels, 'slave')] as const;
  try {
    return await use(...clients);
  } finally {
    for (const client of clients) client.disconnect();
    // Their sockets' ends are events of the world, too.
    await sleep(200);
  }
}

const inSentinelWorld = <T>(act: (place: Place) => Promise<T>, seed?: number): Promise<T> =>
  inWorld('redis', 6, act, seed, 'sentinel');

/** Who leads in a world, when somebody else than `than` does. */
async function nextLeader({ nodes, ensemble }: Place, than?: number): Promise<number> {
  for (;;) {
    const leader = ensemble.leader?.(nodes.map(({ down }) => !down));
    if (leader !== undefined && leader !== than) return leader;
    await sleep(20);
  }
}

const step = fc.record({
  to: fc.constantFrom('primary' as const, 'primary' as const, 'replica' as const),
  command: commands,
});

async function perform(sentinels: readonly Endpoint[], steps: readonly Step[]): Promise<unknown> {
  return withClients(sentinels, async (primary, replica) => {
    await primary.flushall();
    const caughtUp = (): Promise<unknown> => primary.wait(REPLICAS, 5000);
    return play(steps, { primary, replica }, caughtUp);
  });
}

void describe('the model of Redis behind Sentinels', () => {
  void it('answers as Redis does, on the primary and on a replica', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const modelled = await inSentinelWorld(({ endpoints }) => perform(endpoints, steps));
      assert.deepEqual(await perform(servers.endpoints, steps), modelled);
    });
    await fc.assert(property, { ...draws(25), endOnFailure: false });
  });

  void it('says of itself and of others what Redis does', async () => {
    const facts = (sentinels: readonly Endpoint[]): Promise<unknown> =>
      withClients(sentinels, async (primary, replica) => {
        await primary.set('a', '1', 'PX', 40);
        const confirmed = await primary.wait(REPLICAS, 5000);
        const present = await replica.get('a');
        await sleep(100);
        const rest = [await replica.get('a'), await replica.exists('a'), await primary.exists('a')];
        const [first] = sentinels;
        const sentinel = new Redis({ host: first?.host ?? '', port: first?.port ?? 0, disableClientInfo: true });
        const others = (await sentinel.call('SENTINEL', 'SENTINELS', MASTER)) as unknown[];
        const replicas = (await sentinel.call('SENTINEL', 'REPLICAS', MASTER)) as unknown[];
        const stranger = await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'nobody');
        const refused = await sentinel.call('SENTINEL', 'MASTER', 'nobody').catch((error: Error) => error.message);
        sentinel.disconnect();
        const roles = await Promise.all([primary.role(), replica.role()]);
        const waiting = await replica.wait(1, 10).catch((error: Error) => error.message.split(' ').slice(0, 3));
        return {
          ...{ confirmed, present, rest, others: others.length, replicas: replicas.length, stranger, refused, waiting },
          roles: roles.map(([role]) => role),
        };
      });
    assert.deepEqual(await facts(servers.endpoints), await inSentinelWorld(({ endpoints }) => facts(endpoints)));
  });

  void it('puts a replica in the place of a primary that has crashed: its data, its clients', async () => {
    const course = (
      sentinels: readonly Endpoint[],
      crash: () => Promise<number>,
      next: (than: number) => Promise<number>,
    ): Promise<unknown> =>
      withClients(sentinels, async (primary) => {
        await primary.flushall();
        await primary.set('kept', 'yes');
        const [watcher] = sentinels;
        const subscriber = new Redis({ host: watcher?.host ?? '', port: watcher?.port ?? 0, disableClientInfo: true });
        await subscriber.subscribe('+switch-master');
        const announced = new Promise<string>((resolve) =>
          subscriber.once('message', (_channel: string, message: string) => resolve(message)),
        );
        const confirmed = await primary.wait(REPLICAS, 5000);
        const killed = await crash();
        const began = performance.now();
        await next(killed);
        const seconds = (performance.now() - began) / 1000;
        const found = await primary.get('kept');
        await primary.set('new', '1');
        const again = await primary.wait(1, 5000);
        const [name, ...addresses] = (await announced).split(' ');
        subscriber.disconnect();
        return { confirmed, found, again, name, addresses: addresses.length, inTime: seconds > 0.5 && seconds < 8 };
      });
    const { deployment } = servers;
    const really = await course(
      servers.endpoints,
      async () => {
        const leader = (await deployment.leader()) ?? -1;
        await deployment.nodes[leader]?.crash();
        return leader;
      },
      async (than) => {
        for (;;) {
          const leader = await deployment.leader();
          if (leader !== undefined && leader !== than) return leader;
          await sleep(20);
        }
      },
    );
    const modelled = await inSentinelWorld((place) =>
      course(
        place.endpoints,
        async () => {
          const leader = await nextLeader(place);
          await place.nodes[leader]?.crash();
          return leader;
        },
        (than) => nextLeader(place, than),
      ),
    );
    assert.deepEqual(really, modelled);
  });
});

void describe('what replicas have not heard of', () => {
  /** Whether a write that was acknowledged right before the crash of the primary is still there after the failover. */
  const isKept = (seed: number, confirmedBy: number): Promise<boolean> =>
    inSentinelWorld(
      (place) =>
        withClients(place.endpoints, async (primary) => {
          await primary.set('x', '1');
          if (confirmedBy > 0) await primary.wait(confirmedBy, 5000);
          const leader = await nextLeader(place);
          await place.nodes[leader]?.crash();
          await nextLeader(place, leader);
          return (await primary.get('x')) === '1';
        }),
      seed,
    );
  const seeds = Array.from({ length: 8 }, (_, index) => index + 1);

  void it('is lost when one of them is promoted', async () => {
    const kept: boolean[] = [];
    for (const seed of seeds) kept.push(await isKept(seed, 0));
    assert.ok(kept.includes(false) && kept.includes(true), String(kept));
  });

  void it('arrives when a cut is healed that was too short for a failover', async () => {
    await inSentinelWorld((place) =>
      withClients(place.endpoints, async (primary) => {
        await primary.set('x', '1');
        const heal = place.ensemble.isolate?.([await nextLeader(place)]);
        await primary.set('x', '2');
        assert.equal(await primary.wait(1, 300), 0);
        heal?.();
        assert.equal(await primary.wait(REPLICAS, 300), REPLICAS);
      }),
    );
  });

  void it('is what WAIT waits for', async () => {
    for (const seed of seeds) assert.ok(await isKept(seed, REPLICAS));
  });
});

void it('a primary that is cut off goes on serving, and is a replica some ten seconds after it is back', async () => {
  await inSentinelWorld((place) =>
    withClients(place.endpoints, async (primary) => {
      await primary.set('x', 'old');
      const leader = await nextLeader(place);
      const heal = place.ensemble.isolate?.([leader]);
      const next = await nextLeader(place, leader);
      // It knows nothing of its successor.
      assert.equal(await primary.set('x', 'lost'), 'OK');
      await withClients(place.endpoints, async (other) => assert.equal(await other.set('x', 'new'), 'OK'));
      heal?.();
      await sleep(5000);
      assert.equal(await primary.get('x'), 'lost');
      // Whoever is reconfigured closes the connections of its clients, and these ask the Sentinels again.
      await new Promise((resolve) => primary.once('close', resolve));
      assert.equal(await primary.get('x'), 'new');
      const endpoint = place.nodes[leader]?.endpoint;
      const old = new Redis({ host: endpoint?.host ?? '', port: endpoint?.port ?? 0, disableClientInfo: true });
      const [role, host] = (await old.role()) as [string, string];
      assert.deepEqual([role, host], ['slave', place.nodes[next]?.endpoint.host]);
      await sleep(1500);
      assert.equal(await old.get('x'), 'new');
      old.disconnect();
    }),
  );
});
