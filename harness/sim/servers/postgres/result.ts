/** What a simulated PostgreSQL answers to a statement. */

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

export const selected = (rows: Result['rows']): Result => ({ tag: `SELECT ${rows.length}`, rows });
export const said = (tag: string): Result => ({ tag, rows: [] });
