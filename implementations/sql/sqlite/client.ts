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
