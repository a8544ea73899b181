/** The statements of the row lock on MariaDB. */
import { NO_WAIT, rowStatements, waitAtMost } from 'holdfast-locks/internal/sql/mariadb/holder-statements';
import { done, selected, SqlError, varbinary, varchar, type Result } from './result.ts';
import { immediate, type Statement } from './statement.ts';

const TABLE = 'holdfast_row';
/** What InnoDB waits for a row if nobody says otherwise. */
const LOCK_WAIT_MS = 50_000;

const lockOf = (name: string): string => `row ${name}`;

const lockWaitTimeout = (): SqlError =>
  new SqlError(1205, 'HY000', 'Lock wait timeout exceeded; try restarting transaction');
const statementTimeout = (): SqlError =>
  new SqlError(1969, '70100', 'Query execution was interrupted (max_statement_time exceeded)');
const inTransaction = (): SqlError =>
  new SqlError(1568, '25001', `Transaction characteristics can't be changed while a transaction is in progress`);

/** @param limited by `max_statement_time`; else it does not wait */
const locking = (limited: boolean): Statement => ({
  run: ({ database, session, values }, answer) => {
    const [first = '', second = ''] = values;
    const [name, limitMs] = limited ? [second, Number(first) * 1000] : [first, 0];
    if (session.inTransaction) throw inTransaction();
    session.inTransaction = true;
    const table = database.table(TABLE);
    database.needFence();
    const tell = (rows: Result): void => answer([rows, done()]);
    if (!table.has(name)) return tell(selected([varchar('fence')], undefined));
    const waitMs = Math.min(limitMs, LOCK_WAIT_MS);
    database.locks.take(lockOf(name), session, waitMs, (granted) => {
      if (granted) tell(selected([varchar('fence')], [database.nextFence()]));
      else answer(limited && waitMs === limitMs ? statementTimeout() : lockWaitTimeout());
    });
  },
});

/** One that is there already is looked at, for which it must not be locked. */
const inserting: Statement = {
  run: ({ database, session, values: [name = ''] }, answer) => {
    const table = database.tableAlone(TABLE, session);
    if (!table.has(name)) {
      table.set(name, { token: null, fence: 0, deadlineUs: 0 });
      database.commit();
      return answer([done({ affectedRows: 1 })]);
    }
    database.locks.take(lockOf(name), session, LOCK_WAIT_MS, (granted) => {
      if (!granted) return answer(lockWaitTimeout());
      answer([done({ warnings: 1 })]);
      database.locks.giveBack(lockOf(name), session);
    });
  },
};

const finding = (free: boolean): Statement =>
  immediate(({ database, session, values: [name = ''] }) => {
    const isLocked = database.locks.holderOf(lockOf(name)) !== undefined;
    const found = database.tableAlone(TABLE, session).has(name) && !(free && isLocked);
    return selected([varbinary('name')], found ? [Buffer.from(name, 'latin1')] : undefined);
  });

const ending = (commits: boolean): Statement =>
  immediate(({ database, session }) => {
    // It has drawn a fence.
    if (commits && session.inTransaction) database.commit();
    session.inTransaction = false;
    database.locks.giveBackAll(lockOf(''), session);
    return done();
  });

const texts = rowStatements(TABLE);

/** Texts, and what they do. */
export const ROW_STATEMENTS: readonly (readonly [text: string, Statement])[] = [
  [texts.schema, immediate(({ database }) => done({ warnings: database.createTable(TABLE) ? 0 : 1 }))],
  [texts.insert, inserting],
  [texts.lock(NO_WAIT), locking(false)],
  [texts.lock(waitAtMost('?')), locking(true)],
  [texts.find, finding(false)],
  [texts.findFree, finding(true)],
  ['COMMIT', ending(true)],
  ['ROLLBACK', ending(false)],
];
