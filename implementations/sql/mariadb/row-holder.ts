/** A session with an open transaction in which a row is locked, in each dialect. */
import type { HeldGrant } from '../../connection/backend.ts';
import { rowName } from '../names.ts';
import { firstOf, insertIdOf } from './database.ts';
import { QUERY_TIMEOUT, causeNumberOf } from './errors.ts';
import { MYSQL_DRAW } from './fence.ts';
import { MariadbHolder } from './holder.ts';
import { NO_WAIT, waitAtMost } from './holder-statements.ts';
import type { RowStatements } from './holder-statements.ts';

/** Lock wait timeout, max_statement_time exceeded, MAX_EXECUTION_TIME exceeded, NOWAIT. */
const BUSY = [1205, 1969, QUERY_TIMEOUT, 3572];

abstract class RowHolder extends MariadbHolder {
  protected readonly statements: RowStatements;
  readonly #prefix: string;

  constructor(statements: RowStatements, prefix: string, ...rest: ConstructorParameters<typeof MariadbHolder>) {
    super(...rest);
    this.statements = statements;
    this.#prefix = prefix;
  }

  async lock(key: string, waitMs: number): Promise<HeldGrant | undefined> {
    const name = Buffer.from(rowName(this.#prefix + key));
    const fence = await this.asking(async () => {
      const found = await this.#select(name, waitMs);
      if (found !== 'no row') return found;
      await this.afterFailure();
      // In a transaction of its own: others must see the row to wait for it.
      await this.ask({ sql: this.statements.insert, values: [name] });
      return this.#select(name, waitMs);
    });
    if (fence !== 'busy') return { fencingToken: BigInt(fence) };
    await this.afterFailure();
    return undefined;
  }

  abstract override unlock(): Promise<'released' | 'lost'>;

  /** Locks the row in a transaction that it begins. @returns the fence, drawn after the grant, or "no row". */
  protected abstract select(name: Buffer, waitMs: number): Promise<string>;

  protected override async afterFailure(): Promise<void> {
    await this.ask({ sql: 'ROLLBACK' });
  }

  async #select(name: Buffer, waitMs: number): Promise<string> {
    try {
      return await this.select(name, waitMs);
    } catch (error) {
      if (BUSY.includes(causeNumberOf(error) ?? 0)) return 'busy';
      throw error;
    }
  }
}

export class MariadbRowHolder extends RowHolder {
  async unlock(): Promise<'released'> {
    await this.ask({ sql: 'COMMIT' });
    return 'released';
  }

  protected async select(name: Buffer, waitMs: number): Promise<string> {
    const limit = waitMs === 0 ? NO_WAIT : waitAtMost((Math.ceil(waitMs) / 1000).toFixed(3));
    // The rows of its only SELECT, and the end of it.
    const results = await this.ask({ sql: this.statements.lock(limit), values: [name] });
    const fence = firstOf(Array.isArray(results) ? results[0] : undefined, 'fence');
    return typeof fence === 'string' ? fence : 'no row';
  }
}

export class MysqlRowHolder extends RowHolder {
  /** What the transaction has written is the row of its fence, which is to go; the number does not come back. */
  async unlock(): Promise<'released'> {
    await this.afterFailure();
    return 'released';
  }

  protected async select(name: Buffer, waitMs: number): Promise<string> {
    await this.ask({ sql: 'START TRANSACTION' });
    const rows = await this.ask({ sql: this.statements.mysqlLock(waitMs), values: [name] });
    if (firstOf(rows, 'name') === undefined) return 'no row';
    return String(insertIdOf(await this.ask({ sql: MYSQL_DRAW })));
  }
}
