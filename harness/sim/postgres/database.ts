/** What a simulated PostgreSQL keeps: tables of names, a sequence, locks, and who listens to what. */
import type { Surroundings } from '../node.ts';
import type { LeaseTable } from '../sql/leases.ts';
import { Locks } from '../sql/locks.ts';
import type { Session } from './session.ts';
import { SqlError } from './statement.ts';

const UNDEFINED_TABLE = '42P01';

export class Database {
  readonly locks: Locks<Session>;
  readonly sessions = new Set<Session>();
  readonly #around: Surroundings;
  readonly #tables = new Map<string, LeaseTable>();
  #fence: number | undefined;

  constructor(around: Surroundings) {
    this.#around = around;
    this.locks = new Locks(around);
  }

  /** `clock_timestamp()` in microseconds. */
  get nowUs(): number {
    return this.#around.wallUs();
  }

  /** @throws SqlError */
  table(name: string): LeaseTable {
    const table = this.#tables.get(name);
    if (table === undefined) throw new SqlError(UNDEFINED_TABLE, `relation "${name}" does not exist`);
    return table;
  }

  createTable(name: string): void {
    if (!this.#tables.has(name)) this.#tables.set(name, new Map());
  }

  createFence(): void {
    this.#fence ??= this.nowUs;
  }

  /** What a sequence has given is never given again. @throws SqlError */
  nextFence(): number {
    const fence = this.needFence();
    this.#fence = fence + 1;
    return fence;
  }

  /** A statement that names it is refused before anything of it is done, if it is missing. @throws SqlError */
  needFence(): number {
    if (this.#fence === undefined) throw new SqlError(UNDEFINED_TABLE, 'relation "holdfast_fence" does not exist');
    return this.#fence;
  }

  notify(from: Session, channel: string, payload: string): void {
    for (const session of this.sessions) if (session.channels.has(channel)) session.tell(from, channel, payload);
  }

  /** All sessions are gone. */
  crash(keepData: boolean): void {
    this.sessions.clear();
    this.locks.clear();
    if (keepData) return;
    this.#tables.clear();
    this.#fence = undefined;
  }
}
