/** The model of PostgreSQL is held against a real one: random tapes of the locks' own statements run on both. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Client, QueryConfig, QueryResult } from 'pg';
import { draws } from '../../effort.ts';
import { TRY, WAIT } from '../../../implementations/sql/postgres/advisory.ts';
import { FENCE_SCHEMA, NEXT_FENCE } from '../../../implementations/sql/postgres/fence.ts';
import {
  expiryShape,
  heartbeatShape,
  leaseStatements,
} from '../../../implementations/sql/postgres/lease-statements.ts';
import type { Endpoint } from '../../../implementations/lock.ts';
import { inWorld, install } from '../in-world.ts';
import { startServer, type Servers } from '../../../tools/servers.ts';

install();
const { default: pg } = await import('pg');

/** Statements of the tapes wait for locks much shorter: the server ends what would wait for ever, and the answers differ. */
const STATEMENT_WITHIN_MS = 10_000;

let servers: Servers;
before(async () => {
  servers = await startServer('postgres');
});
after(() => servers[Symbol.asyncDispose]());

const TABLES = {
  lock: leaseStatements('holdfast_lock', expiryShape),
  heartbeat: leaseStatements('holdfast_heartbeat', heartbeatShape),
} as const;
const SCHEMA = [
  ...Object.values(TABLES).map(({ schema }) => schema),
  'CREATE TABLE IF NOT EXISTS holdfast_row (name text COLLATE "C" PRIMARY KEY)',
  FENCE_SCHEMA,
];

const clients = fc.constantFrom(0, 1, 2);
const names = fc.constantFrom('a', 'b', "c'd");
const tokens = fc.constantFrom('t1', 't2');
const tables = fc.constantFrom('lock' as const, 'heartbeat' as const);
const waits = fc.constantFrom(0, 20);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      ...{
        f: fc.constantFrom('acquire' as const, 'extend' as const, 'free' as const, 'inspect' as const),
        by: clients,
      },
      ...{ table: tables, name: names, token: tokens, right: fc.boolean() },
    }),
  },
  fc.record({ f: fc.constantFrom('listen' as const, 'unlisten' as const), by: clients, table: tables }),
  fc.record({ f: fc.constant('advisory' as const), by: clients, name: names, waitMs: waits }),
  fc.record({ f: fc.constant('unlock' as const), by: clients, name: names }),
  fc.record({ f: fc.constant('row' as const), by: clients, name: names, waitMs: waits }),
  fc.record({ f: fc.constant('insert' as const), by: clients, name: names }),
  fc.record({
    f: fc.constantFrom('commit' as const, 'rollback' as const, 'ping' as const, 'unlock all' as const, 'end' as const),
    by: clients,
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function open({ host, port }: Endpoint, hear: (heard: string) => void): Promise<Client> {
  const client = new pg.Client({
    host,
    port,
    user: 'postgres',
    database: 'postgres',
    statement_timeout: STATEMENT_WITHIN_MS,
  });
  client.on('notification', ({ channel, payload }) => hear(`${channel} ${payload}`));
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** With names and numbers of its own; fences by their order. */
async function play(endpoint: Endpoint, tape: readonly Step[], own: number): Promise<unknown> {
  const heard: string[][] = [[], [], []];
  const connect = (by: number): Promise<Client> => open(endpoint, (one) => void heard[by]?.push(one));
  const sessions = [await connect(0), await connect(1), await connect(2)];
  for (const text of SCHEMA) await sessions[0]?.query(text);
  const nameOf = (name: string): string => `tape ${own} ${name}`;
  const idOf = (name: string): string => String(own * 10 + ['a', 'b', "c'd"].indexOf(name));
  const fences: string[] = [];
  const last = new Map<string, string>();
  const plain = ({ command, rowCount, rows }: QueryResult): unknown => ({
    ...{ command, rowCount },
    rows: rows.map((row: Record<string, unknown>) => {
      const { fence, remaining, ...others } = row;
      if (typeof fence === 'string') fences.push(fence);
      return { ...others, fence, remaining: typeof remaining === 'number' ? remaining > 50_000 : remaining };
    }),
  });
  const ask = async (client: Client, query: QueryConfig): Promise<unknown> => {
    try {
      const result: unknown = await client.query(query);
      return Array.isArray(result) ? result.map((one: QueryResult) => plain(one)) : plain(result as QueryResult);
    } catch (error) {
      return { code: (error as { code?: string }).code };
    }
  };
  const act = async (one: Step): Promise<unknown> => {
    const client = sessions[one.by];
    if (client === undefined) return undefined;
    // As the locks have it: these are no part of a transaction.
    if (['acquire', 'extend', 'free', 'inspect', 'listen', 'unlisten', 'insert'].includes(one.f)) {
      await ask(client, { text: 'ROLLBACK' });
    }
    switch (one.f) {
      case 'acquire':
      case 'extend':
      case 'free':
      case 'inspect': {
        const place = `${one.table} ${one.name}`;
        const fence = one.right ? (last.get(place) ?? '0') : '1';
        const all = [nameOf(one.name), one.token, 100_000, fence];
        const values = all.slice(0, { acquire: 3, extend: 4, free: 2, inspect: 1 }[one.f]);
        const name = `${one.f} ${one.table}`;
        const answer = await ask(client, { name, text: TABLES[one.table][one.f], values });
        const granted = fences.at(-1);
        if (one.f === 'acquire' && granted !== undefined) last.set(place, granted);
        return answer;
      }
      case 'listen':
        return ask(client, { text: `LISTEN "${TABLES[one.table].channel}"` });
      case 'unlisten':
        return ask(client, { text: 'UNLISTEN *' });
      case 'advisory':
        if (one.waitMs === 0) return ask(client, { name: 'try', text: TRY, values: [idOf(one.name)] });
        return ask(client, { name: 'wait', text: WAIT, values: [idOf(one.name), String(one.waitMs)] });
      case 'unlock':
        return ask(client, { text: 'SELECT pg_advisory_unlock($1::bigint) AS released', values: [idOf(one.name)] });
      case 'unlock all':
        return ask(client, { text: 'SELECT pg_advisory_unlock_all()' });
      case 'row': {
        const row = `SELECT FROM holdfast_row WHERE name = ${pg.escapeLiteral(nameOf(one.name))} FOR UPDATE`;
        const limit = one.waitMs === 0 ? '' : ` SET LOCAL lock_timeout = ${one.waitMs};`;
        const locking = `${row}${one.waitMs === 0 ? ' NOWAIT' : ''}`;
        return ask(client, {
          text: `BEGIN ISOLATION LEVEL READ COMMITTED;${limit} ${locking}; SELECT ${NEXT_FENCE} AS fence`,
        });
      }
      case 'insert':
        return ask(client, {
          text: 'INSERT INTO holdfast_row (name) VALUES ($1) ON CONFLICT DO NOTHING',
          values: [nameOf(one.name)],
        });
      case 'commit':
      case 'rollback':
        return ask(client, { text: one.f.toUpperCase() });
      case 'ping':
        return ask(client, { text: 'SELECT 1' });
      case 'end':
        await client.end();
        sessions[one.by] = await connect(one.by);
        return undefined;
    }
  };
  const answers: unknown[] = [];
  for (const one of tape) answers.push(await act(one));
  // What it was told has arrived before the answer.
  for (const client of sessions) {
    await ask(client, { text: 'ROLLBACK' });
    await client.end();
  }
  const ranks = [...new Set(fences)].toSorted((a, b) => Number(a) - Number(b));
  const ranked = JSON.stringify({ answers, heard }, (key, value: unknown) =>
    key === 'fence' && typeof value === 'string' ? ranks.indexOf(value) : value,
  );
  return JSON.parse(ranked) as unknown;
}

void describe('the model of PostgreSQL', () => {
  void it('answers as PostgreSQL does', async () => {
    const [real] = servers.endpoints;
    assert.ok(real !== undefined);
    let tapes = 0;
    const tape = fc.array(step, { minLength: 1, maxLength: 30 });
    const property = fc.asyncProperty(tape, async (steps) => {
      tapes += 1;
      const own = tapes;
      const modelled = await inWorld('postgres', 1, ({ endpoints: [one] }) => play(one ?? real, steps, own));
      assert.deepEqual(await play(real, steps, own), modelled);
    });
    await fc.assert(property, { ...draws(25), endOnFailure: false });
  });

  void it('hands an advisory lock on in the order of asking, also when the connection of its holder ends', async () => {
    await inWorld('postgres', 1, async ({ endpoints: [one] }) => {
      assert.ok(one !== undefined);
      const sessions = await Promise.all([0, 1, 2].map(() => open(one, () => undefined)));
      const [holder, second, third] = sessions;
      await holder?.query(FENCE_SCHEMA);
      const order: number[] = [];
      const wait = { text: WAIT, values: ['7', '5000'] };
      await holder?.query(wait);
      const waiting = [second, third].map(async (client, index) => {
        await client?.query(wait);
        order.push(index);
        await client?.query({ text: 'SELECT pg_advisory_unlock($1::bigint) AS released', values: ['7'] });
      });
      await holder?.end();
      await Promise.all(waiting);
      assert.deepEqual(order, [0, 1]);
    });
  });

  void it('ends the run with the text of a statement that is not simulated', async () => {
    await assert.rejects(
      inWorld('postgres', 1, async ({ endpoints: [one] }) => {
        assert.ok(one !== undefined);
        const client = await open(one, () => undefined);
        await client.query('SELECT version()');
      }),
      /not simulated: SELECT version\(\)/,
    );
  });
});
