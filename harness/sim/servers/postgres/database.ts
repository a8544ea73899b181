/** What a simulated PostgreSQL keeps: tables of names, a sequence, locks, and who listens to what. */
import type { Surroundings } from '../../network/node.ts';
import { SqlDatabase, type Tables } from '../sql/database.ts';
import type { Replicating } from './replication.ts';
import type { Session } from './session.ts';
import { SqlError } from './statement.ts';

const UNDEFINED_TABLE = '42P01';

/** All that is stored. */
export interface Copy {
  readonly tables: Tables;
  readonly fence: number | undefined;
}

export class Database extends SqlDatabase<Session> {
  readonly sessions = new Set<Session>();
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

  notify(from: Session, channel: string, payload: string): void {
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
