/** What a simulated SQL server keeps, whatever it speaks: tables of names, and locks. */
import type { Surroundings } from '../../network/node.ts';
import type { LeaseTable } from './leases.ts';
import { Locks } from './locks.ts';

/** By name. */
export type Tables = ReadonlyMap<string, LeaseTable>;

export abstract class SqlDatabase<Session> {
  readonly locks: Locks<Session>;
  protected readonly around: Surroundings;
  #tables = new Map<string, LeaseTable>();

  constructor(around: Surroundings) {
    this.around = around;
    this.locks = new Locks(around);
  }

  /** Microseconds of the server's wall clock, as its statements see it. */
  get nowUs(): number {
    return this.around.wallUs();
  }

  /** @throws SqlError of the server's own */
  table(name: string): LeaseTable {
    const table = this.#tables.get(name);
    if (table === undefined) throw this.noSuchTable(name);
    return table;
  }

  /** @returns whether there was none */
  createTable(name: string): boolean {
    if (this.#tables.has(name)) return false;
    this.#tables.set(name, new Map());
    return true;
  }

  protected copyTables(): Tables {
    return copyOf(this.#tables);
  }

  protected loadTables(tables: Tables): void {
    this.#tables = copyOf(tables);
  }

  /** All sessions are gone. */
  crash(keepData: boolean): void {
    this.locks.clear();
    if (!keepData) this.#tables.clear();
  }

  protected abstract noSuchTable(name: string): Error;
}

function copyOf(tables: Tables): Map<string, LeaseTable> {
  const rows = (table: LeaseTable): LeaseTable => new Map(Array.from(table, ([name, row]) => [name, { ...row }]));
  return new Map(Array.from(tables, ([name, table]) => [name, rows(table)]));
}
