/** What a simulated PostgreSQL makes of a statement. */
import type { Database } from './database.ts';
import type { Session } from './session.ts';

/** By its number in `pg_type`. */
export const TYPE = { bool: 16, int4: 23, text: 25, float8: 701, void: 2278 } as const;

export interface Column {
  readonly name: string;
  readonly type: number;
}

export interface Result {
  /** What `CommandComplete` says. */
  readonly tag: string;
  readonly rows: readonly (readonly (string | null)[])[];
  /** With the commit, those who listen to the channel are told. */
  readonly notice?: { readonly channel: string; readonly payload: string };
}

/** The statement failed, with this SQLSTATE. */
export class SqlError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Execution {
  readonly database: Database;
  readonly session: Session;
  readonly values: readonly (string | null)[];
}

export interface Statement {
  /** Absent: it returns no rows. */
  readonly columns?: readonly Column[];
  /** Whether it changes what is stored; the first of its values names the row. */
  readonly writes?: boolean;
  /** Whether it runs in a transaction that has failed. */
  readonly endsTransaction?: boolean;
  /** Calls `done` at once, or when it has waited for a lock. @throws SqlError */
  run(execution: Execution, done: (outcome: Result | SqlError) => void): void;
}

/** One that waits for nothing. */
export function immediate(run: (execution: Execution) => Result, columns?: readonly Column[]): Statement {
  return { ...(columns === undefined ? {} : { columns }), run: (execution, done) => done(run(execution)) };
}

/** The same, of one that changes what is stored. */
export function writing(run: (execution: Execution) => Result, columns?: readonly Column[]): Statement {
  return { ...immediate(run, columns), writes: true };
}

export const selected = (rows: Result['rows']): Result => ({ tag: `SELECT ${rows.length}`, rows });
export const said = (tag: string): Result => ({ tag, rows: [] });
