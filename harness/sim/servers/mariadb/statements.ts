/** The statements that locks send to MariaDB, told by their texts; any other ends the run with its text. */
import { FENCE_SCHEMA } from 'holdfast-locks/internal/sql/mariadb/fence';
import { GET_LOCK, IS_FREE_LOCK, RELEASE_LOCK } from 'holdfast-locks/internal/sql/mariadb/holder-statements';
import { LEASE_STATEMENTS } from './lease-statements.ts';
import { patternOf, valueOf } from './pattern.ts';
import { ROW_STATEMENTS } from './row-statements.ts';
import { bigint, done, int, selected, SqlError, varchar } from './result.ts';
import { immediate, VERSION, type Statement } from './statement.ts';

/** A session that waits for a user lock looks this often whether its client is still there (`MDL_context::acquire_lock`). */
const LOOKS_EVERY_MS = 1000;

const userLock = (name: string): string => `user ${name}`;

const gettingLock: Statement = {
  looksEveryMs: LOOKS_EVERY_MS,
  run: ({ database, session, values: [name = '', seconds] }, answer) => {
    if (!database.hasFence) throw new SqlError(4091, '42S02', "Unknown SEQUENCE: 'holdfast_fence'");
    database.locks.take(userLock(name), session, Number(seconds) * 1000, (granted) =>
      answer([selected([varchar('fence')], [granted ? database.nextFence() : 'busy'])]),
    );
  },
};

const releasingLock = immediate(({ database, session, values: [name = ''] }) => {
  const isHeld = database.locks.holderOf(userLock(name)) !== undefined;
  const released = database.locks.giveBack(userLock(name), session);
  return selected([int('released')], [isHeld ? String(Number(released)) : null]);
});

const isFree = immediate(({ database, values: [name = ''] }) =>
  selected([int('free')], [database.locks.holderOf(userLock(name)) === undefined ? '1' : '0']),
);

const killing = immediate(({ database, values: [threadId] }) => {
  const session = database.sessions.get(Number(threadId));
  if (session === undefined) throw new SqlError(1094, 'HY000', `Unknown thread id: ${threadId}`);
  session.end();
  return done();
});

const STATEMENTS: readonly (readonly [text: string, Statement])[] = [
  ...LEASE_STATEMENTS,
  ...ROW_STATEMENTS,
  [FENCE_SCHEMA, immediate(({ database }) => done({ warnings: database.createFence() ? 0 : 1 }))],
  [GET_LOCK, gettingLock],
  [RELEASE_LOCK, releasingLock],
  [IS_FREE_LOCK, isFree],
  ['KILL CONNECTION ?', killing],
  [
    'SELECT @@global.read_only AS replica, VERSION() AS version',
    immediate(() => selected([bigint('replica'), varchar('version')], ['0', VERSION])),
  ],
  ['SELECT 1', immediate(() => selected([int('1')], ['1']))],
];

const RULES = STATEMENTS.map(([text, statement]) => ({ pattern: patternOf(text), statement }));

/** The statement of a text that locks send, and its values; `undefined` for any other. */
export function statementOf(
  text: string,
): { readonly statement: Statement; readonly values: readonly string[] } | undefined {
  for (const { pattern, statement } of RULES) {
    const match = pattern.exec(text);
    if (match !== null) return { statement, values: match.slice(1).map(valueOf) };
  }
  return undefined;
}
