/** What a simulated MariaDB answers to a statement. */

/** As written in a result; bytes are written as they are. */
export type Value = string | Buffer | null;

export interface Column {
  readonly name: string;
  /** By its number in the protocol. */
  readonly type: number;
  readonly charset: number;
  readonly length: number;
}

const [BINARY, UTF8MB4] = [63, 224];
const column =
  (type: number, charset: number, length: number) =>
  (name: string): Column => ({
    ...{ name, type, charset, length },
  });

export const int = column(3, BINARY, 1);
export const bigint = column(8, BINARY, 1);
export const decimal = column(246, BINARY, 26);
export const varchar = column(253, UTF8MB4, 256);
export const varbinary = column(253, BINARY, 255);

/** Of a statement that returns no rows. */
export interface Done {
  readonly affectedRows: number;
  readonly insertId: number;
  readonly warnings: number;
  readonly info: string;
}

/** Of one statement; a compound statement has several. */
export type Result =
  | ({ readonly kind: 'done' } & Done)
  | { readonly kind: 'rows'; readonly columns: readonly Column[]; readonly rows: readonly (readonly Value[])[] };

/** The statement failed, with this number and SQLSTATE. */
export class SqlError extends Error {
  readonly number: number;
  readonly state: string;

  constructor(number: number, state: string, message: string) {
    super(message);
    this.number = number;
    this.state = state;
  }
}

export const done = (more: Partial<Done> = {}): Result => ({
  ...{ kind: 'done', affectedRows: 0, insertId: 0, warnings: 0, info: '' },
  ...more,
});

/** At most one row. */
export const selected = (columns: readonly Column[], row: readonly Value[] | undefined): Result => ({
  ...{ kind: 'rows', columns, rows: row === undefined ? [] : [row] },
});
