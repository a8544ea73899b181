/** What the operators on PostgreSQL, MariaDB and SQLite share: leases in the rows of two tables. */
import { rowName } from '../sql/names.ts';
import { holderId } from './operator.ts';
import type { Freed, HolderSight, KeySight, Leftover, Listing } from './operator.ts';

/** A lease in force, as a row says. Times are milliseconds by the server's clock. */
export interface LeaseInRow {
  readonly name: string;
  readonly token: string;
  readonly fence: bigint;
  readonly remainingMs: number;
  /** Only a heartbeat's row says since when. */
  readonly heldForMs: number | undefined;
}

export interface IdleRow {
  readonly name: string;
  readonly fence: bigint;
  readonly ageMs: number;
}

/** One table in one database; all of its methods find nothing where there is no such table. */
export interface LeaseTable {
  /** Of the lock: `sql-table` or `sql-heartbeat`. */
  readonly lock: string;
  /** Those whose name begins with `prefix`; or the one of that `name`. */
  look(where: { readonly prefix: string } | { readonly name: string }, limit: number): Promise<LeaseInRow[]>;
  /** Ends this very lease and raises the fence. @returns the fence; nothing if it is no longer in force */
  force(lease: LeaseInRow): Promise<bigint | undefined>;
  /** Rows whose last lease ended at least `ageMs` ago. */
  idle(prefix: string, ageMs: number, limit: number): Promise<IdleRow[]>;
  /** Deletes the row, if it is as idle as then and has the same fence. */
  remove(row: IdleRow, ageMs: number): Promise<boolean>;
}

export class LeaseTables {
  readonly #tables: readonly LeaseTable[];
  readonly #prefix: string;

  constructor(tables: readonly LeaseTable[], prefix: string) {
    this.#tables = tables;
    this.#prefix = prefix;
  }

  async list(limit: number): Promise<Listing> {
    const keys: KeySight[] = [];
    for (const table of this.#tables) {
      const leases = await table.look({ prefix: this.#prefix }, limit + 1);
      keys.push(...leases.map((lease) => this.#sightOf(table, lease, lease.name.slice(this.#prefix.length))));
    }
    return { keys: keys.slice(0, limit), more: keys.length > limit };
  }

  async inspect(key: string): Promise<KeySight[]> {
    const name = rowName(this.#prefix + key);
    const found = await Promise.all(
      this.#tables.map(async (table) => {
        const leases = await table.look({ name }, 1);
        return leases.map((lease) => this.#sightOf(table, lease, key));
      }),
    );
    return found.flat();
  }

  async leftovers(ageMs: number, limit: number): Promise<Leftover[]> {
    const found: Leftover[] = [];
    for (const table of this.#tables) {
      const rows = await table.idle(this.#prefix, ageMs, limit - found.length);
      for (const row of rows) {
        const remove = (): Promise<boolean> => table.remove(row, ageMs);
        found.push({ name: row.name, what: `row of ${table.lock}`, ageMs: row.ageMs, remove });
      }
    }
    return found;
  }

  #sightOf(table: LeaseTable, lease: LeaseInRow, key: string): KeySight {
    const { token, fence, remainingMs, heldForMs } = lease;
    const run = async (): Promise<Freed> => {
      const raised = await table.force(lease);
      return raised === undefined ? { kind: 'changed' } : { kind: 'freed', fence: raised };
    };
    const holder: HolderSight = {
      ...{ id: holderId(token, String(fence)), mode: 'exclusive', fencingToken: fence, remainingMs },
      ...(heldForMs === undefined ? {} : { heldForMs }),
      force: { kind: 'conditional', run },
    };
    return { key, lock: table.lock, holders: [holder] };
  }
}

/** Why a lock that a connection holds cannot be taken from it. */
export const heldByConnection = (statement: string): { readonly kind: 'refused'; readonly reason: string } => ({
  kind: 'refused',
  reason: `a connection holds it, and no server ends one only if it still does: it may hold another lock by then. If you are sure, end the session yourself: ${statement}`,
});

/** Of databases whose connections hold locks, too. */
export const UNLISTED = 'advisory locks and row locks have no names on the server: inspect KEY finds them';

export const SWEEPING =
  'a row that was swept is made anew by the next grant, whose fence begins with the server’s time; rows of sql-row keep no time and are left';
