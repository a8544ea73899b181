/** What a simulated MariaDB keeps: tables of names, a sequence, locks, and its sessions. */
import { SqlDatabase } from '../sql/database.ts';
import type { LeaseTable } from '../sql/leases.ts';
import { Sequence } from './sequence.ts';
import { SqlError } from './result.ts';

/** What is written is on the disk after so long at most (`srv_master_thread`). */
const FLUSH_MS = 1000;

/** What the database and its statements know of a connection. */
export interface ClientSession {
  /** It has set up a transaction, with or without a lock. */
  inTransaction: boolean;
  /** By its client, or by another's `KILL`. */
  end(): void;
}

export class Database extends SqlDatabase<ClientSession> {
  /** By the numbers of their threads. */
  readonly sessions = new Map<number, ClientSession>();
  #fence: Sequence | undefined;

  /** For a statement that is a transaction of its own, as all are but those of a held row lock. @throws SqlError */
  tableAlone(name: string, { inTransaction }: ClientSession): LeaseTable {
    if (inTransaction)
      this.around.unsupported(`a statement on ${name} in an open transaction of MariaDB is not simulated`);
    return this.table(name);
  }

  /** @returns whether there was none */
  createFence(): boolean {
    if (this.#fence !== undefined) return false;
    this.#fence = new Sequence(this.nowUs);
    return true;
  }

  get hasFence(): boolean {
    return this.#fence !== undefined;
  }

  /** A statement that draws from it is refused before anything of it is done, if it is missing. @throws SqlError */
  needFence(): Sequence {
    if (this.#fence === undefined) throw this.noSuchTable('holdfast_fence');
    return this.#fence;
  }

  nextFence(): string {
    const fence = this.needFence();
    const later = this.around.random.whole(1, FLUSH_MS);
    return String(fence.draw(() => void this.around.after(later, () => fence.flush())));
  }

  /** Something was written, and with it all that had been before. */
  commit(): void {
    this.#fence?.flush();
  }

  override crash(keepData: boolean): void {
    super.crash(keepData);
    this.sessions.clear();
    this.#fence?.crash();
    if (!keepData) this.#fence = undefined;
  }

  protected noSuchTable(name: string): SqlError {
    return new SqlError(1146, '42S02', `Table 'holdfast.${name}' doesn't exist`);
  }
}
