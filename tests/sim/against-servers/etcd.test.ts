/** The model of etcd is held against a real one: random tapes of requests run on both, through the lock's own client. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { inWorld, install } from '../in-world.ts';
import { draws } from '../../effort.ts';
import { startServer, type Servers } from '../../../tools/servers.ts';

install();
const { EtcdClient, LeaseNotFoundError } = await import('../../../implementations/etcd/client.ts');
const { endOf, put, query, remove } = await import('../../../implementations/etcd/messages.ts');
type Client = InstanceType<typeof EtcdClient>;

const PATIENCE_MS = 10_000;

let servers: Servers;
before(async () => {
  servers = await startServer('etcd');
});
after(() => servers[Symbol.asyncDispose]());

const names = fc.constantFrom('a', 'b', 'q/1', 'q/2', 'q/3');
const leases = fc.constantFrom(0, 1, 2, 3);
const orders = fc.constantFrom('oldest first' as const, 'newest first' as const);
const revisions = fc.constantFrom('zero' as const, 'its own' as const, 'another' as const);

const operation = fc.oneof(
  fc.record({ f: fc.constant('put' as const), name: names, lease: leases }),
  fc.record({ f: fc.constant('remove' as const), name: names }),
  fc.record({ f: fc.constant('get' as const), name: names }),
  fc.record({
    f: fc.constant('list' as const),
    order: fc.option(orders, { nil: undefined }),
    limit: fc.constantFrom(0, 1, 2),
    upTo: fc.constantFrom(undefined, 1, 3),
  }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** The server refuses two writes of one key in one transaction; the locks make one. */
const operations = fc.array(operation, { maxLength: 3 }).map((all) => {
  const written = new Set<string>();
  return all.filter((one) => {
    if (one.f !== 'put' && one.f !== 'remove') return true;
    const isFirst = !written.has(one.name);
    written.add(one.name);
    return isFirst;
  });
});

const step = fc.oneof(
  fc.record({ f: fc.constant('grant' as const), lease: leases, ttl: fc.constantFrom(60, 100) }),
  fc.record({ f: fc.constant('revoke' as const), lease: leases }),
  fc.record({ f: fc.constant('keep alive' as const), lease: leases }),
  fc.record({ f: fc.constant('watch' as const), name: names, from: fc.constantFrom(0, 1, 2, 4) }),
  fc.record({
    f: fc.constant('transact' as const),
    condition: fc.option(fc.record({ name: fc.oneof(names, fc.constant('q/*')), revision: revisions }), {
      nil: undefined,
    }),
    whenMet: operations,
    whenNot: operations,
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Heard {
  readonly answers: readonly unknown[];
  /** Whether each watch has told of something; those of `expected` are waited for. */
  readonly woken: readonly boolean[];
}

/** Each tape has names, leases and revisions of its own. */
async function play(client: Client, tape: readonly Step[], own: string, expected?: readonly boolean[]): Promise<Heard> {
  const name = (short: string): string => `tape/${own}/${short}`;
  const number = (lease: number): bigint => (lease === 0 ? 0n : BigInt(`0x${own}`) * 16n + BigInt(lease));
  const base = (await client.range({ key: name('a') }, PATIENCE_MS)).revision;
  const relative = (revision: bigint): number => (revision === 0n ? 0 : Number(revision - base));
  const watches: { woken: boolean; readonly settled: Promise<void>; readonly stop: () => void }[] = [];
  const encode = (one: Operation): ReturnType<typeof query> => {
    switch (one.f) {
      case 'put':
        return put(name(one.name), number(one.lease));
      case 'remove':
        return remove(name(one.name));
      case 'get':
        return query({ key: name(one.name) });
      case 'list': {
        const order = one.order === undefined ? {} : { order: one.order };
        const bound = one.upTo === undefined ? {} : { createdUpTo: base + BigInt(one.upTo) };
        return query({ key: name(''), rangeEnd: endOf(name('')), limit: one.limit, ...order, ...bound });
      }
    }
  };
  const act = async (one: Step): Promise<unknown> => {
    switch (one.f) {
      case 'grant':
        return one.lease === 0 ? undefined : client.grant(number(one.lease), one.ttl, PATIENCE_MS);
      case 'revoke':
        return client.revoke(number(one.lease), PATIENCE_MS);
      case 'keep alive':
        return client.keepAlive(number(one.lease), PATIENCE_MS);
      case 'watch': {
        const settled = Promise.withResolvers<void>();
        const watch = { woken: false, settled: settled.promise, stop: (): void => undefined };
        watch.stop = client.watch(name(one.name), base + BigInt(one.from), () => {
          watch.woken = true;
          settled.resolve();
        });
        return void watches.push(watch);
      }
      case 'transact': {
        const { condition } = one;
        const [key, rangeEnd] =
          condition?.name === 'q/*' ? [name('q/'), endOf(name('q/'))] : [name(condition?.name ?? ''), ''];
        const found = condition?.revision === 'its own' ? await client.range({ key }, PATIENCE_MS) : undefined;
        const createRevision = condition?.revision === 'another' ? base + 2n : (found?.keys[0]?.createRevision ?? 0n);
        const { succeeded, revision, ranges } = await client.transact(
          condition === undefined ? undefined : { key, rangeEnd, createRevision },
          one.whenMet.map(encode),
          one.whenNot.map(encode),
          PATIENCE_MS,
        );
        return {
          succeeded,
          revision: relative(revision),
          ranges: ranges.map((range) => ({
            ...{ revision: relative(range.revision), count: range.count },
            keys: range.keys.map((pair) => ({
              key: pair.key.slice(name('').length),
              created: relative(pair.createRevision),
              lease: Number(pair.lease % 16n),
            })),
          })),
        };
      }
    }
  };
  const answers: unknown[] = [];
  for (const one of tape) {
    answers.push(
      await act(one).catch((error: unknown) =>
        error instanceof LeaseNotFoundError ? 'no such lease' : (error as Error).message,
      ),
    );
  }
  await Promise.all(watches.filter((_, index) => expected?.[index] === true).map(({ settled }) => settled));
  if (expected === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
  const woken = watches.map((watch) => watch.woken);
  for (const { stop } of watches) stop();
  return { answers, woken };
}

const clientOf = ({ host, port }: { readonly host: string; readonly port: number }): Client =>
  new EtcdClient({ endpoints: [`http://${host}:${port}`] });

void describe('the model of etcd', () => {
  for (const members of [1, 3]) {
    void it(`of ${members} answers as etcd does`, async () => {
      const [real] = servers.endpoints;
      assert.ok(real !== undefined);
      const client = clientOf(real);
      let tapes = 0;
      const tape = fc.array(step, { minLength: 1, maxLength: 25 });
      const property = fc.asyncProperty(tape, async (steps) => {
        tapes += 1;
        const own = (members * 1_000_000 + tapes).toString(16);
        const modelled = await inWorld('etcd', members, async ({ endpoints }) => {
          const [one] = endpoints;
          return play(clientOf(one ?? real), steps, own);
        });
        assert.deepEqual(await play(client, steps, own, modelled.woken), modelled);
      });
      await fc.assert(property, { ...draws(60), endOnFailure: false }).finally(() => client.close());
    });
  }

  void it('expires the keys of a lease that nobody renews, after its time to live and before a second more', async () => {
    await inWorld('etcd', 3, async ({ endpoints: [one] }) => {
      assert.ok(one !== undefined);
      const client = clientOf(one);
      await client.grant(7n, 1, PATIENCE_MS);
      await client.transact(undefined, [put('k', 7n)], [], PATIENCE_MS);
      const count = async (): Promise<number> => (await client.range({ key: 'k' }, PATIENCE_MS)).count;
      const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
      await sleep(950);
      assert.equal(await count(), 1);
      await sleep(1000);
      assert.equal(await count(), 0);
    });
  });

  void it('refuses to answer without a majority, and answers again once it is back', async () => {
    await inWorld('etcd', 3, async ({ endpoints: [one], ensemble }) => {
      assert.ok(one !== undefined);
      const client = clientOf(one);
      const heal = ensemble.isolate?.([1, 2]);
      await assert.rejects(client.range({ key: 'k' }, 3000), /did not answer/);
      await assert.rejects(client.transact(undefined, [put('k', 0n)], [], 8000), /request timed out/);
      heal?.();
      // What was given up may have been done all the same.
      assert.ok((await client.range({ key: 'k' }, PATIENCE_MS)).count <= 1);
    });
  });
});
