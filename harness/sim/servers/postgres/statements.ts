/** The statements that locks send to PostgreSQL, told by their texts; any other ends the run with its text. */
import { TRY, WAIT } from 'holdfast-locks/internal/sql/postgres/advisory';
import { FENCE_SCHEMA, NEXT_FENCE } from 'holdfast-locks/internal/sql/postgres/fence';
import { LEASE_STATEMENTS } from './lease-statements.ts';
import { said, selected, SqlError, TYPE } from './result.ts';
import { immediate, writing, type Execution, type Statement } from './statement.ts';

const LOCK_NOT_AVAILABLE = '55P03';
const [ADVISORY, ROW] = ['advisory ', 'row '];

type Make = (match: readonly string[]) => Statement;

const fence = [{ name: 'fence', type: TYPE.text }];
const bool = (name: string): { readonly name: string; readonly type: number }[] => [{ name, type: TYPE.bool }];

/** Of the row locks: ends the transaction and gives back what was locked in it. */
const ending = (tag: 'COMMIT' | 'ROLLBACK'): Statement => ({
  endsTransaction: true,
  run: ({ database, session }, done) => {
    const failed = session.transaction === 'E';
    session.transaction = 'I';
    session.lockTimeoutMs = Infinity;
    done(said(failed ? 'ROLLBACK' : tag));
    database.locks.giveBackAll(ROW, session);
  },
});

const forUpdate = (table: string, name: string, now: boolean): Statement => ({
  columns: [],
  run: ({ database, session }, done) => {
    if (!database.table(table).has(name)) return done(selected([]));
    const waitMs = now ? 0 : session.lockTimeoutMs;
    database.locks.take(`${ROW}${table} ${name}`, session, waitMs, (granted) => {
      const what = now
        ? `could not obtain lock on row in relation "${table}"`
        : 'canceling statement due to lock timeout';
      done(granted ? selected([[]]) : new SqlError(LOCK_NOT_AVAILABLE, what));
    });
  },
});

/** Waits for an advisory lock, if it may, and then draws a fence. */
const advisory = (mayWait: boolean): Statement => ({
  columns: fence,
  run: ({ database, session, values: [id, waitMs] }, done) => {
    database.needFence();
    database.locks.take(`${ADVISORY}${id}`, session, mayWait ? Number(waitMs) : 0, (granted) => {
      if (granted) done(selected([[String(database.nextFence())]]));
      else if (mayWait) done(new SqlError(LOCK_NOT_AVAILABLE, 'canceling statement due to lock timeout'));
      else done(selected([[null]]));
    });
  },
});

const deletion = (table: string): Statement =>
  writing(({ database, values: [name] }) => said(`DELETE ${Number(database.table(table).delete(name ?? ''))}`));

/** Names of a table of leases whose time is up, and that nobody has given back. */
const stale = (table: string, ofName: boolean): Statement =>
  immediate(
    ({ database, values: [name] }) => {
      const { nowUs } = database;
      const rows = [...database.table(table)].filter(
        ([key, row]) => (!ofName || key === name) && row.token !== null && row.deadlineUs <= nowUs,
      );
      return selected(rows.map(([key]) => (ofName ? [] : [key])));
    },
    ofName ? [] : [{ name: 'name', type: TYPE.text }],
  );

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
const exactly = (text: string): RegExp => new RegExp(literal(text), 'y');

const RULES: readonly (readonly [RegExp, Make])[] = [
  ...[...LEASE_STATEMENTS].map(([text, statement]) => [exactly(text), () => statement] as const),
  [/CREATE TABLE IF NOT EXISTS (\w+) \([^;]*/y, ([, table = '']) => creating((one) => one.database.createTable(table))],
  [exactly(FENCE_SCHEMA), () => creating(({ database }) => database.createFence(), 'DO')],
  [
    /SELECT pg_advisory_xact_lock\(\d+\)/y,
    () => immediate(() => selected([['']]), [{ name: 'lock', type: TYPE.void }]),
  ],
  [
    exactly('SELECT pg_is_in_recovery() AS replica'),
    () => immediate(({ database }) => selected([[database.replication.inRecovery ? 't' : 'f']]), bool('replica')),
  ],
  [
    exactly('SELECT pg_backend_pid() AS pid'),
    () => immediate(({ session }) => selected([[String(session.pid)]]), [{ name: 'pid', type: TYPE.int4 }]),
  ],
  [/SELECT 1$/y, () => immediate(() => selected([['1']]), [{ name: '?column?', type: TYPE.int4 }])],
  [
    /LISTEN "(\w+)"/y,
    ([, channel = '']) => immediate(({ session }) => (session.channels.add(channel), said('LISTEN'))),
  ],
  [/UNLISTEN \*/y, () => immediate(({ session }) => (session.channels.clear(), said('UNLISTEN')))],
  [exactly(WAIT), () => advisory(true)],
  [exactly(TRY), () => advisory(false)],
  [
    exactly('SELECT pg_advisory_unlock($1::bigint) AS released'),
    () =>
      immediate(({ database, session, values: [id] }) => {
        const released = database.locks.giveBack(`${ADVISORY}${id}`, session);
        return selected([[released ? 't' : 'f']]);
      }, bool('released')),
  ],
  [
    exactly('SELECT pg_advisory_unlock_all()'),
    () =>
      immediate(
        ({ database, session }) => (database.locks.giveBackAll(ADVISORY, session), selected([['']])),
        [{ name: 'pg_advisory_unlock_all', type: TYPE.void }],
      ),
  ],
  [
    /BEGIN ISOLATION LEVEL READ COMMITTED/y,
    () => immediate(({ session }) => ((session.transaction = 'T'), said('BEGIN'))),
  ],
  [
    /SET LOCAL lock_timeout = (\d+)/y,
    ([, ms]) => immediate(({ session }) => ((session.lockTimeoutMs = Number(ms)), said('SET'))),
  ],
  [
    /SELECT FROM (\w+) WHERE name = '((?:[^']|'')*)' FOR UPDATE( NOWAIT)?/y,
    ([, table = '', name = '', now]) => forUpdate(table, name.replaceAll("''", "'"), now !== undefined),
  ],
  [
    exactly(`SELECT ${NEXT_FENCE} AS fence`),
    () => immediate(({ database }) => selected([[String(database.nextFence())]]), fence),
  ],
  [
    /INSERT INTO (\w+) \(name\) VALUES \(\$1\) ON CONFLICT DO NOTHING/y,
    ([, table = '']) =>
      writing(({ database, values: [name] }) => {
        const rows = database.table(table);
        if (rows.has(name ?? '')) return said('INSERT 0 0');
        rows.set(name ?? '', { token: null, fence: 0, deadlineUs: 0 });
        return said('INSERT 0 1');
      }),
  ],
  [/COMMIT/y, () => ending('COMMIT')],
  [/ROLLBACK/y, () => ending('ROLLBACK')],
  [
    /SELECT pg_terminate_backend\(pid, \d+\) FROM pg_stat_activity\s+WHERE pid = \$1 AND state = 'active' AND left\(query, 500\) = left\(\$2, 500\)/y,
    () =>
      immediate(({ database, values: [pid, query] }) => {
        const begins = (text: string | undefined | null): string | undefined => text?.slice(0, 500);
        const ended = [...database.sessions].filter(
          (one) => String(one.pid) === pid && one.asked !== undefined && begins(one.asked) === begins(query),
        );
        for (const session of ended) session.terminate();
        return selected(ended.map(() => ['t']));
      }, bool('pg_terminate_backend')),
  ],
  // Of specimens.
  [/DELETE FROM (\w+) WHERE name = \$1/y, ([, table = '']) => deletion(table)],
  [
    /SELECT FROM (\w+) WHERE name = \$1 AND token IS NOT NULL AND expires_at <= clock_timestamp\(\)/y,
    ([, table = '']) => stale(table, true),
  ],
  [
    /SELECT name FROM (\w+) WHERE token IS NOT NULL\s+AND last_heartbeat \+ lease_ms \* interval '1 millisecond' <= clock_timestamp\(\)/y,
    ([, table = '']) => stale(table, false),
  ],
];

function creating(create: (execution: Execution) => void, tag = 'CREATE TABLE'): Statement {
  return writing((execution) => (create(execution), said(tag)));
}

/** The statements of a text that locks send; `undefined` for any other. */
export function statementsOf(text: string): readonly Statement[] | undefined {
  const statements: Statement[] = [];
  for (let at = 0; at < text.length;) {
    const match = matchAt(text, at);
    if (match === undefined) return undefined;
    statements.push(match.statement);
    at = match.end;
    const separator = /\s*(;\s*|$)/y;
    separator.lastIndex = at;
    const found = separator.exec(text);
    if (found === null) return undefined;
    at += found[0].length;
  }
  return statements;
}

function matchAt(text: string, at: number): { readonly statement: Statement; readonly end: number } | undefined {
  for (const [pattern, make] of RULES) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return { statement: make(match), end: pattern.lastIndex };
  }
  return undefined;
}
