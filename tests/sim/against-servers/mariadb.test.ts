/** The model of MariaDB is held against a real one: random tapes of the locks' own statements run on both. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { draws } from '../../effort.ts';
import { WHAT_SERVER } from '../../../implementations/sql/mariadb/database.ts';
import { FENCE_SCHEMA } from '../../../implementations/sql/mariadb/fence.ts';
import {
  GET_LOCK,
  IS_FREE_LOCK,
  NO_WAIT,
  RELEASE_LOCK,
  rowStatements,
  waitAtMost,
} from '../../../implementations/sql/mariadb/holder-statements.ts';
import { expiryShape, heartbeatShape, leaseStatements } from '../../../implementations/sql/mariadb/lease-statements.ts';
import { answerTo, onModel, onServer, ranked, type Connection, type Stage } from '../mariadb-stage.ts';
import { startServer, type Servers } from '../../../tools/servers.ts';

let servers: Servers;
before(async () => {
  servers = await startServer('mariadb');
});
after(() => servers[Symbol.asyncDispose]());

const TABLES = {
  lock: leaseStatements('holdfast_lock', expiryShape),
  heartbeat: leaseStatements('holdfast_heartbeat', heartbeatShape),
} as const;
const ROW = rowStatements('holdfast_row');
const SCHEMA = [...TABLES.lock.schema, ...TABLES.heartbeat.schema, ROW.schema, FENCE_SCHEMA];
const LEASE_US = 100_000_000;
/** Over before the next statement. */
const NO_LEASE_US = 1;

const clients = fc.constantFrom(0, 1, 2);
const names = fc.constantFrom('a', "b'c");
const waits = fc.constantFrom(0, 20);
/** Of whole statements: also one that does not wait must be done by then. */
const limits = fc.constantFrom(0, 0, 150);
const leases = fc.constantFrom(LEASE_US, LEASE_US, NO_LEASE_US);
const ofLeases = fc.record({
  f: fc.constantFrom('acquire' as const, 'extend' as const, 'free' as const, 'undo' as const, 'inspect' as const),
  ...{ by: clients, name: names, token: fc.constantFrom('t1', 't2'), right: fc.constantFrom(true, true, false) },
  ...{ table: fc.constantFrom('lock' as const, 'heartbeat' as const), leaseUs: leases },
});
const ofUserLocks = fc.oneof(
  fc.record({ f: fc.constant('get lock' as const), by: clients, name: names, waitMs: waits }),
  fc.record({ f: fc.constantFrom('release lock' as const, 'is free' as const), by: clients, name: names }),
);
const ofRows = fc.oneof(
  { weight: 3, arbitrary: fc.record({ f: fc.constant('row' as const), by: clients, name: names, waitMs: limits }) },
  {
    weight: 2,
    arbitrary: fc.record({
      f: fc.constantFrom('insert' as const, 'find' as const, 'find free' as const),
      ...{ by: clients, name: names },
    }),
  },
  fc.record({ f: fc.constantFrom('COMMIT' as const, 'ROLLBACK' as const), by: clients }),
);
const ofSessions = fc.oneof(
  fc.record({ f: fc.constantFrom('SELECT 1' as const, 'end' as const, 'destroy' as const), by: clients }),
  fc.record({ f: fc.constant('kill' as const), by: clients, whom: clients }),
);
const step = fc.oneof(...[ofLeases, ofUserLocks, ofRows].map((arbitrary) => ({ weight: 3, arbitrary })), ofSessions);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** With names of its own; fences by their order. */
async function play(stage: Stage, tape: readonly Step[], own: number): Promise<unknown> {
  const sessions = [await stage.open(), await stage.open(), await stage.open()] as const;
  const open: Connection[] = [...sessions];
  const fences: bigint[] = [];
  /** Who has locked which row: to insert it once more would mean to wait for him. */
  const locked = new Map<string, number>();
  const last = new Map<string, bigint | undefined>();
  const end = async (by: number, how: (client: Connection) => unknown): Promise<void> => {
    const client = open[by] ?? sessions[0];
    await how(client);
    await stage.gone(client.threadId);
    unlock(by);
    open[by] = await stage.open();
  };
  const unlock = (by: number): void => {
    for (const [name, holder] of locked) if (holder === by) locked.delete(name);
  };
  const act = async (one: Step): Promise<unknown> => {
    const client = open[one.by] ?? sessions[0];
    const ask = (sql: string, values: readonly unknown[] = []): Promise<unknown> =>
      answerTo(client, sql, values, fences);
    const alone = async (sql: string, values: readonly unknown[]): Promise<unknown> => {
      // As the locks do: not in a transaction.
      unlock(one.by);
      return [await ask('ROLLBACK'), await ask(sql, values)];
    };
    const name = 'name' in one ? `tape ${own} ${one.name}` : '';
    switch (one.f) {
      case 'acquire':
      case 'extend':
      case 'free':
      case 'undo':
      case 'inspect': {
        const place = `${one.table} ${name}`;
        const fence = String((one.right ? last.get(place) : undefined) ?? 1);
        const { token, leaseUs } = one;
        const values = {
          acquire: [Buffer.from(name), token, leaseUs],
          extend: [leaseUs, Buffer.from(name), token, fence],
          free: [Buffer.from(name), token, fence],
          undo: [Buffer.from(name), token],
          inspect: [Buffer.from(name)],
        };
        const told = fences.length;
        const answer = await alone(TABLES[one.table][one.f], values[one.f]);
        if (one.f === 'acquire' && fences.length > told) last.set(place, fences.at(-1));
        return answer;
      }
      case 'get lock':
        return ask(GET_LOCK, [name.replace("'", ''), one.waitMs / 1000]);
      case 'release lock':
        return ask(RELEASE_LOCK, [name.replace("'", '')]);
      case 'is free':
        return ask(IS_FREE_LOCK, [name.replace("'", '')]);
      case 'row': {
        const told = fences.length;
        const limit = one.waitMs === 0 ? NO_WAIT : waitAtMost((one.waitMs / 1000).toFixed(3));
        const answer = await ask(ROW.lock(limit), [Buffer.from(name)]);
        if (fences.length > told) locked.set(name, one.by);
        return answer;
      }
      case 'insert':
        if ((locked.get(name) ?? one.by) !== one.by) return undefined;
        return alone(ROW.insert, [Buffer.from(name)]);
      case 'find':
        return alone(ROW.find, [Buffer.from(name)]);
      case 'find free':
        return alone(ROW.findFree, [Buffer.from(name)]);
      case 'COMMIT':
      case 'ROLLBACK':
        unlock(one.by);
        return ask(one.f);
      case 'SELECT 1':
        return ask(one.f);
      case 'end':
        return end(one.by, (ended) => ended.end());
      case 'destroy':
        return end(one.by, (ended) => ended.destroy());
      case 'kill': {
        const { whom } = one;
        if (whom === one.by) return ask('KILL CONNECTION ?', [1_000_000]);
        let answer: unknown;
        await end(whom, async ({ threadId }) => {
          answer = await ask('KILL CONNECTION ?', [threadId]);
        });
        return answer;
      }
    }
  };
  for (const sql of SCHEMA) await open[0]?.query(sql);
  const answers: unknown[] = [];
  for (const one of tape) answers.push(await act(one));
  for (const client of open) {
    client.destroy();
    await stage.gone(client.threadId);
  }
  return ranked(answers, fences);
}

/** Played on both. */
async function agree(scene: (stage: Stage) => Promise<unknown>): Promise<void> {
  assert.deepEqual(await onModel(scene), await onServer(servers, scene));
}

void describe('the model of MariaDB', () => {
  void it('refuses as MariaDB does what needs a table or a sequence that is not there', async () => {
    await agree(async (stage) => {
      const client = await stage.open();
      const name = Buffer.from('a');
      const answers = [
        await answerTo(client, TABLES.lock.acquire, [name, 't', LEASE_US]),
        await answerTo(client, TABLES.heartbeat.inspect, [name]),
        await answerTo(client, GET_LOCK, ['a', 0]),
        await answerTo(client, IS_FREE_LOCK, ['a']),
        await answerTo(client, ROW.lock(NO_WAIT), [name]),
        await answerTo(client, 'ROLLBACK'),
        await answerTo(client, ROW.schema),
        await answerTo(client, ROW.lock(NO_WAIT), [name]),
        await answerTo(client, ROW.lock(NO_WAIT), [name]),
        await answerTo(client, 'ROLLBACK'),
      ];
      for (const sql of [...SCHEMA, ...SCHEMA]) answers.push(await answerTo(client, sql));
      // The version that each has is its own.
      const { result } = (await answerTo(client, WHAT_SERVER)) as { result: { replica: unknown; version: string }[] };
      answers.push(result.map(({ replica, version }) => [replica, /mariadb/i.test(version)]));
      client.destroy();
      return answers;
    });
  });

  void it('answers as MariaDB does', async () => {
    let tapes = 0;
    const kinds = [
      ofLeases,
      fc.oneof({ weight: 5, arbitrary: ofUserLocks }, ofSessions),
      fc.oneof({ weight: 5, arbitrary: ofRows }, ofSessions),
      step,
    ];
    const tape = fc.oneof(...kinds.map((kind) => fc.array<Step>(kind, { minLength: 1, maxLength: 40, size: 'max' })));
    const property = fc.asyncProperty(tape, async (steps) => {
      tapes += 1;
      const own = tapes;
      const modelled = await onModel((stage) => play(stage, steps, own));
      assert.deepEqual(await onServer(servers, (stage) => play(stage, steps, own)), modelled);
    });
    await fc.assert(property, { ...draws(25), endOnFailure: false });
  });

  void it('ends the run with the text of a statement that is not simulated', async () => {
    const asking = onModel(async (stage) => (await stage.open()).query('SELECT VERSION()'));
    await assert.rejects(asking, /not simulated: SELECT VERSION\(\)/);
  });
});
