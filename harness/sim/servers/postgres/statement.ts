/** What a simulated PostgreSQL does with a statement. */
import type { ClientSession, Database } from './database.ts';
import type { Column, Result, SqlError } from './result.ts';

export interface Execution {
  readonly database: Database;
  readonly session: ClientSession;
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
  return { columns, run: (execution, done) => done(run(execution)) };
}

/** The same, of one that changes what is stored. */
export function writing(run: (execution: Execution) => Result, columns?: readonly Column[]): Statement {
  return { ...immediate(run, columns), writes: true };
}
