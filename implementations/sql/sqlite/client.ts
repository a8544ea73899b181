import { checkClient, memberOf, wrongClient } from '../../client.ts';

/** What the locks need of a `DatabaseSync` of `node:sqlite`, whose types not every version of Node.js has. */
export interface SqliteConnection {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
}

export interface SqliteStatement {
  /** Its first row. */
  get(values: Record<string, SqliteValue>): unknown;
}

export type SqliteValue = string | number | bigint | null;

const WANTED = 'a DatabaseSync of node:sqlite';

/** @throws TypeError */
export function checkDatabase(database: unknown): void {
  checkClient(database, ['exec', 'prepare'], WANTED);
  // That of better-sqlite3 is called otherwise, and its values are bound otherwise.
  if (typeof memberOf(database, 'isTransaction') !== 'boolean') throw wrongClient('it has no "isTransaction"', WANTED);
}
