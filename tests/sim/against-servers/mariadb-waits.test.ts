/** The model of MariaDB is held against a real one: who waits for what, how a wait ends, and what a crash leaves. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FENCE_SCHEMA } from '../../../implementations/sql/mariadb/fence.ts';
import {
  GET_LOCK,
  IS_FREE_LOCK,
  RELEASE_LOCK,
  rowStatements,
  waitAtMost,
} from '../../../implementations/sql/mariadb/holder-statements.ts';
import { expiryShape, leaseStatements } from '../../../implementations/sql/mariadb/lease-statements.ts';
import { answerTo, onModel, onServer, ranked, sleep, type Connection, type Stage } from '../mariadb-stage.ts';
import { startServer, type Servers } from '../../../tools/servers.ts';

let servers: Servers;
before(async () => {
  servers = await startServer('mariadb');
});
after(() => servers[Symbol.asyncDispose]());

const LEASES = leaseStatements('holdfast_lock', expiryShape);
const ROW = rowStatements('holdfast_row');
const NAME = Buffer.from('a');
/** Longer than it takes a statement to arrive. */
const ARRIVED_MS = 100;
/** Longer than anybody waits here. */
const LONG = 20;

/** Plays the scene on both, with so many clients. */
async function agree(count: number, scene: (stage: Stage, clients: Connection[]) => Promise<unknown>): Promise<void> {
  const play = async (stage: Stage): Promise<unknown> => {
    const clients: Connection[] = [];
    while (clients.length < count) clients.push(await stage.open());
    for (const sql of [...LEASES.schema, ROW.schema, FENCE_SCHEMA]) await clients[0]?.query(sql);
    await clients[0]?.query(ROW.insert, [NAME]);
    const outcome = await scene(stage, clients);
    for (const client of clients) {
      client.destroy();
      await stage.gone(client.threadId);
    }
    return outcome;
  };
  assert.deepEqual(await onModel(play), await onServer(servers, play));
}

const rowOf = (seconds: number): string => ROW.lock(waitAtMost(seconds.toFixed(3)));

/** All ask, one after the other; whoever is granted it but for the first gives it back. @returns who was, in order */
async function inTurn(
  clients: readonly Connection[],
  ask: (one: Connection) => Promise<unknown>,
  giveBack: (one: Connection) => Promise<unknown>,
  free: (first: Connection) => Promise<unknown>,
): Promise<readonly number[]> {
  const order: number[] = [];
  const [first, ...others] = clients;
  assert.ok(first !== undefined);
  await ask(first);
  const waits: Promise<void>[] = [];
  for (const [index, one] of others.entries()) {
    const granted = async (): Promise<void> => {
      await ask(one);
      order.push(index);
      await giveBack(one);
    };
    waits.push(granted());
    await sleep(ARRIVED_MS);
  }
  await free(first);
  await Promise.all(waits);
  return order;
}

const getLock = (one: Connection): Promise<unknown> => one.query(GET_LOCK, ['L', LONG]);
const releaseLock = (one: Connection): Promise<unknown> => one.query(RELEASE_LOCK, ['L']);
const lockRow = (one: Connection): Promise<unknown> => one.query(rowOf(LONG), [NAME]);
const commit = (one: Connection): Promise<unknown> => one.query('COMMIT');

void describe('waiting in the model of MariaDB', () => {
  void it('hands a lock on in the order of asking, also when its holder ends or is killed', async () => {
    await agree(5, async (_, clients) => {
      const [killer, ...others] = clients;
      assert.ok(killer !== undefined);
      return [
        await inTurn(others, getLock, releaseLock, releaseLock),
        await inTurn(others, lockRow, commit, commit),
        await inTurn(others, getLock, releaseLock, async (first) => first.destroy()),
        await inTurn(others.slice(1), lockRow, commit, (first) => killer.query('KILL CONNECTION ?', [first.threadId])),
      ];
    });
  });

  void it('lets whoever inserts a row that is there wait for its holder, in turn with those who would lock it', async () => {
    await agree(4, (_, [holder, ...others]) => {
      assert.ok(holder !== undefined);
      const ask = (one: Connection): Promise<unknown> =>
        one === others[1] ? answerTo(one, ROW.insert, [NAME]) : lockRow(one);
      return inTurn([holder, ...others], ask, commit, commit);
    });
  });

  void it('tells a session that waits and is killed nothing, and grants it nothing', async () => {
    await agree(3, async (stage, [holder, waiter, killer]) => {
      assert.ok(holder !== undefined && waiter !== undefined && killer !== undefined);
      await getLock(holder);
      const waiting = answerTo(waiter, GET_LOCK, ['L', LONG]);
      await sleep(ARRIVED_MS);
      await killer.query('KILL CONNECTION ?', [waiter.threadId]);
      const answer = await waiting;
      await stage.gone(waiter.threadId);
      await releaseLock(holder);
      return [answer, await answerTo(killer, IS_FREE_LOCK, ['L'])];
    });
  });

  void it('notices soon that who waits for a user lock has gone, and only when it is his that who waits for a row has', async () => {
    await agree(4, async (stage, [holder, forLock, forRow, looker]) => {
      assert.ok(holder !== undefined && forLock !== undefined && forRow !== undefined && looker !== undefined);
      await getLock(holder);
      await lockRow(holder);
      const heard: unknown[] = [];
      const fences: bigint[] = [];
      const hear = async (who: string, answer: Promise<unknown>): Promise<void> => void heard.push(who, await answer);
      const since = performance.now();
      const ofLock = hear('of the lock', answerTo(forLock, GET_LOCK, ['L', LONG]));
      const ofRow = hear('of the row', answerTo(forRow, rowOf(LONG), [NAME], fences));
      await sleep(ARRIVED_MS);
      forLock.destroy();
      forRow.destroy();
      await ofLock;
      heard.push(performance.now() - since < (LONG * 1000) / 2);
      await commit(holder);
      await ofRow;
      await stage.gone(forRow.threadId);
      return ranked([heard, await answerTo(looker, ROW.findFree, [NAME])], fences);
    });
  });

  void it('keeps and loses in a crash what MariaDB does, and counts sessions anew', async () => {
    await agree(1, async (stage, [first]) => {
      let client = first;
      const [leases, locks]: [unknown[], unknown[]] = [[], []];
      const [fences, drawn]: [bigint[], bigint[]] = [[], []];
      for (const keepData of ['by a row', 'by a lock', false]) {
        assert.ok(client !== undefined);
        leases.push(await answerTo(client, LEASES.acquire, [NAME, 't', 100_000_000], fences));
        for (let times = 0; times < 3; times += 1) locks.push(await answerTo(client, GET_LOCK, ['L', 0], drawn));
        // What the sequence has come to is on the disk with the next commit: that of a new row, or of a row lock.
        if (keepData === 'by a row') leases.push(await answerTo(client, ROW.insert, ['new']));
        else locks.push(await answerTo(client, rowOf(LONG), [NAME], drawn), await answerTo(client, 'COMMIT'));
        await stage.crash(keepData !== false);
        client = await stage.open();
        locks.push(client.threadId < 10, await answerTo(client, IS_FREE_LOCK, ['L']));
        leases.push(await answerTo(client, LEASES.inspect, [NAME], fences));
        locks.push(await answerTo(client, GET_LOCK, ['L', 0], drawn));
      }
      client?.destroy();
      return [ranked(leases, fences), ranked(locks, drawn)];
    });
  });
});
