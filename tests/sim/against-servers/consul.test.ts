/** The model of Consul is held against a real one: random tapes of requests run on both, through npm's client. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { draws } from '../../effort.ts';
import type { ConsulClient } from '../../../implementations/consul/client.ts';
import type { Endpoint } from '../../../implementations/lock.ts';
import { inWorld, install } from '../in-world.ts';
import { startServer, type Servers } from '../../../tools/servers.ts';

install();
const { default: Consul } = await import('consul');
const { RequestContext } = await import('../../../implementations/consul/client.ts');

let servers: Servers;
before(async () => {
  servers = await startServer('consul');
});
after(() => servers[Symbol.asyncDispose]());

const names = fc.constantFrom('a', 'b/c', 'ü');
const slots = fc.constantFrom(0, 1, 2);
const step = fc.oneof(
  fc.record({ f: fc.constant('create' as const), slot: slots, behavior: fc.constantFrom('delete', 'release') }),
  fc.record({ f: fc.constantFrom('renew' as const, 'destroy' as const), slot: slots }),
  fc.record({ f: fc.constant('lock' as const), name: names, slot: slots }),
  fc.record({ f: fc.constant('unlock' as const), name: names, slot: slots }),
  fc.record({ f: fc.constant('get' as const), name: names, consistent: fc.boolean() }),
  fc.record({ f: fc.constant('wait' as const), name: names }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const entrySchema = z.object({
  ...{ Key: z.string(), Session: z.string().optional(), Value: z.string().nullish(), LockIndex: z.number() },
  ...{ CreateIndex: z.number(), ModifyIndex: z.number() },
});
type Entry = z.infer<typeof entrySchema>;
const answerSchema = z.tuple([z.object({ headers: z.object({ 'x-consul-index': z.string() }) }), z.unknown()]);

interface Heard {
  readonly answers: readonly unknown[];
  readonly woken: readonly boolean[];
}

/** Names of its own; sessions by the slot in which they were made; indexes by their order. */
async function play(
  client: ConsulClient,
  tape: readonly Step[],
  own: string,
  expected?: readonly boolean[],
): Promise<Heard> {
  const name = (short: string): string => `tape/${own}/${short}`;
  const sessions: string[] = [];
  const bySlot = new Map<number, string>();
  const idOf = (slot: number): string => bySlot.get(slot) ?? '00000000-0000-0000-0000-000000000000';
  const indexes: number[] = [];
  const seen = (index: number): number => (indexes.push(index), index);
  const plain = (value: unknown): unknown => {
    const entry: Entry = entrySchema.parse(value);
    return {
      ...{ key: entry.Key.slice(name('').length), value: entry.Value ?? null, locks: entry.LockIndex },
      session: entry.Session === undefined ? undefined : sessions.indexOf(entry.Session),
      indexes: [seen(entry.CreateIndex), seen(entry.ModifyIndex)],
    };
  };
  const transact = async (...operations: object[]): Promise<unknown> => {
    const results = z.object({ Results: z.array(z.object({ KV: z.unknown() })) });
    const answer = await client.transaction.create(operations, {});
    return results.parse(answer).Results.map(({ KV }) => plain(KV));
  };
  const waits: {
    answered: boolean;
    readonly context: InstanceType<typeof RequestContext>;
    readonly end: Promise<void>;
  }[] = [];
  const act = async (one: Step): Promise<unknown> => {
    switch (one.f) {
      case 'create': {
        const options = { ttl: '3600s', behavior: one.behavior, lockdelay: '0s', checks: [] };
        const { ID } = z.object({ ID: z.string() }).parse(await client.session.create(options));
        sessions.push(ID);
        return void bySlot.set(one.slot, ID);
      }
      case 'renew':
        return void (await client.session.renew({ id: idOf(one.slot) }));
      case 'destroy':
        return void (await client.session.destroy({ id: idOf(one.slot) }));
      case 'lock': {
        const [Key, Value] = [name(one.name), Buffer.from(`by ${one.slot}`).toString('base64')];
        return transact({ KV: { Verb: 'lock', Key, Session: idOf(one.slot), Value } }, { KV: { Verb: 'get', Key } });
      }
      case 'unlock': {
        const Key = name(one.name);
        return transact(
          { KV: { Verb: 'check-session', Key, Session: idOf(one.slot) } },
          { KV: { Verb: 'delete', Key } },
        );
      }
      case 'get': {
        const entry = await client.kv.get({ key: name(one.name), consistent: one.consistent });
        return entry === undefined ? undefined : plain(entry);
      }
      case 'wait': {
        const first = new RequestContext();
        const [{ headers }, entry] = answerSchema.parse(
          ((await client.kv.get({ key: name(one.name), ctx: first })) as unknown[]).concat(undefined).slice(0, 2),
        );
        // One that waits for a key to appear sleeps on if it has gone again by the time that Consul looks: a matter of chance.
        if (entry === undefined) return;
        const context = new RequestContext();
        const options = { key: name(one.name), index: headers['x-consul-index'], wait: '600s', ctx: context };
        const wait = { answered: false, context, end: Promise.resolve() };
        wait.end = client.kv.get(options).then(
          () => {
            wait.answered = true;
          },
          () => undefined,
        );
        return void waits.push(wait);
      }
    }
  };
  const answers: unknown[] = [];
  for (const one of tape) answers.push(await act(one).catch((error: unknown) => statusOf(error, sessions)));
  await Promise.all(waits.filter((_, index) => expected?.[index] === true).map(({ end }) => end));
  if (expected === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
  const woken = waits.map(({ answered }) => answered);
  for (const { context } of waits) context.cancel();
  for (const id of sessions) await client.session.destroy({ id });
  const ranks = [...new Set(indexes)].toSorted((a, b) => a - b);
  const ranked = JSON.stringify(answers, (key, value: unknown) =>
    key === 'indexes' ? (value as number[]).map((index) => ranks.indexOf(index)) : value,
  );
  return { answers: JSON.parse(ranked) as unknown[], woken };
}

/** Which error, with sessions by their number. */
function statusOf(error: unknown, sessions: readonly string[]): unknown {
  const { statusCode, response } = error as { statusCode?: number; response?: { body?: unknown } };
  if (statusCode === undefined) throw error;
  const body = sessions.reduce(
    (text, id, index) => text.replaceAll(id, `session ${index}`),
    JSON.stringify(response?.body ?? ''),
  );
  return { statusCode, body: body.replaceAll(/tape\/[^/]*\//g, '') };
}

const clientOf = ({ host, port }: Endpoint): ConsulClient => new Consul({ host, port });

void describe('the model of Consul', () => {
  for (const members of [1, 3]) {
    void it(`of ${members} answers as Consul does`, async () => {
      const [real] = servers.endpoints;
      assert.ok(real !== undefined);
      const client = clientOf(real);
      let tapes = 0;
      const tape = fc.array(step, { minLength: 1, maxLength: 25 });
      const property = fc.asyncProperty(tape, async (steps) => {
        tapes += 1;
        const own = `${members}.${tapes}`;
        const modelled = await inWorld('consul', members, ({ endpoints }) =>
          play(clientOf(endpoints[0] ?? real), steps, own),
        );
        assert.deepEqual(await play(client, steps, own, modelled.woken), modelled);
      });
      await fc.assert(property, { ...draws(50), endOnFailure: false }).finally(() => client.destroy());
    });
  }

  void it('ends a session after twice its time to live, and its keys with it', async () => {
    await inWorld('consul', 3, async ({ endpoints: [one] }) => {
      assert.ok(one !== undefined);
      const client = clientOf(one);
      const created = await client.session.create({ ttl: '1000ms', behavior: 'delete', lockdelay: '0s', checks: [] });
      const { ID } = z.object({ ID: z.string() }).parse(created);
      await client.transaction.create([{ KV: { Verb: 'lock', Key: 'k', Session: ID, Value: '' } }], {});
      const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
      await sleep(1950);
      assert.notEqual(await client.kv.get({ key: 'k' }), undefined);
      await sleep(100);
      assert.equal(await client.kv.get({ key: 'k' }), undefined);
    });
  });

  void it('says that nobody leads while there is no majority, and answers again once it is back', async () => {
    await inWorld('consul', 3, async ({ endpoints: [one], ensemble }) => {
      assert.ok(one !== undefined);
      const client = clientOf(one);
      const heal = ensemble.isolate?.([0, 1, 2]);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await assert.rejects(client.kv.get({ key: 'k', consistent: true, timeout: 8000 }), /No cluster leader/);
      heal?.();
      assert.equal(await client.kv.get({ key: 'k', consistent: true, timeout: 8000 }), undefined);
    });
  });
});
