/** What a simulated PostgreSQL keeps: tables of names, a sequence, locks, and who listens to what. */
import type { Surroundings } from '../../network/node.ts';
import { SqlDatabase } from '../sql/database.ts';
import type { Copy, Replicating } from './replication.ts';
import { SqlError } from './result.ts';

const UNDEFINED_TABLE = '42P01';

/** What the database and its statements know of a connection. */
export interface ClientSession {
  readonly pid: number;
  readonly channels: Set<string>;
  transaction: 'I' | 'T' | 'E';
  /** How long the transaction waits for a lock. */
  lockTimeoutMs: number;
  /** The statement that runs. */
  readonly asked: string | undefined;
  tell(from: ClientSession, channel: string, payload: string): void;
  /** By the word of an administrator. */
  terminate(): void;
}

export class Database extends SqlDatabase<ClientSession> {
  readonly sessions = new Set<ClientSession>();
  readonly replication: Replicating;
  #fence: number | undefined;

  constructor(around: Surroundings, replication: Replicating) {
    super(around);
    this.replication = replication;
  }

  copy(): Copy {
    return { tables: this.copyTables(), fence: this.#fence };
  }

  load({ tables, fence }: Copy): void {
    this.loadTables(tables);
    this.#fence = fence;
  }

  createFence(): void {
    this.#fence ??= this.nowUs;
  }

  /** What a sequence has given is never given again. @throws SqlError */
  nextFence(): number {
    const fence = this.needFence();
    this.#fence = fence + 1;
    this.replication.changed();
    return fence;
  }

  /** A statement that names it is refused before anything of it is done, if it is missing. @throws SqlError */
  needFence(): number {
    if (this.#fence === undefined) throw this.noSuchTable('holdfast_fence');
    return this.#fence;
  }

  notify(from: ClientSession, channel: string, payload: string): void {
    for (const session of this.sessions) if (session.channels.has(channel)) session.tell(from, channel, payload);
  }

  override crash(keepData: boolean): void {
    super.crash(keepData);
    this.sessions.clear();
    if (!keepData) this.#fence = undefined;
  }

  protected noSuchTable(name: string): SqlError {
    return new SqlError(UNDEFINED_TABLE, `relation "${name}" does not exist`);
  }
}
