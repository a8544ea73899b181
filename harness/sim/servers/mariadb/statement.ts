/** What a simulated MariaDB does with a statement. */
import type { ClientSession, Database } from './database.ts';
import type { Result, SqlError } from './result.ts';

export const VERSION = '10.11.0-MariaDB';

export interface Execution {
  readonly database: Database;
  readonly session: ClientSession;
  /** The literals that stand in the place of its placeholders. */
  readonly values: readonly string[];
}

export interface Statement {
  /** Calls `answer` at once, or when it has waited for a lock. @throws SqlError */
  run(execution: Execution, answer: (outcome: readonly Result[] | SqlError) => void): void;
  /** While it waits, it looks this often whether its client is still there. Absent: never. */
  readonly looksEveryMs?: number;
}

/** One that waits for nothing. */
export const immediate = (run: (execution: Execution) => Result): Statement => ({
  run: (execution, answer) => answer([run(execution)]),
});
