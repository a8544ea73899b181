/** A session on which a user lock (GET_LOCK) is held, in each dialect. */
import { LockBackendError } from '../../lock.ts';
import type { HeldGrant } from '../../connection/backend.ts';
import { hashOf, rowName } from '../names.ts';
import { firstOf, insertIdOf } from './database.ts';
import { QUERY_TIMEOUT, causeNumberOf } from './errors.ts';
import { MYSQL_COUNT } from './fence.ts';
import { MariadbHolder } from './holder.ts';
import { GET_LOCK, MYSQL_GET_LOCK, MYSQL_RELEASE_ALL, RELEASE_LOCK } from './holder-statements.ts';

abstract class AdvisoryHolder extends MariadbHolder {
  protected readonly prefix: string;
  protected name = '';

  constructor(prefix: string, ...rest: ConstructorParameters<typeof MariadbHolder>) {
    super(...rest);
    this.prefix = prefix;
  }

  async unlock(): Promise<'released' | 'lost'> {
    const rows = await this.ask({ sql: RELEASE_LOCK, values: [this.name] });
    return firstOf(rows, 'released') === 1 ? 'released' : 'lost';
  }
}

/** On MariaDB the grant and the fence are one statement. */
export class MariadbAdvisoryHolder extends AdvisoryHolder {
  async lock(key: string, waitMs: number): Promise<HeldGrant | undefined> {
    this.name = lockName(this.prefix + key);
    const values = [this.name, waitMs / 1000];
    const rows = await this.asking(() => this.ask({ sql: GET_LOCK, values }));
    const fence = firstOf(rows, 'fence');
    if (fence === 'busy') return undefined;
    if (typeof fence === 'string') return { fencingToken: BigInt(fence) };
    throw failed();
  }
}

/** On MySQL the fence is counted by a second statement, while the session holds the lock. */
export class MysqlAdvisoryHolder extends AdvisoryHolder {
  async lock(key: string, waitMs: number): Promise<HeldGrant | undefined> {
    this.name = lockName(this.prefix + key);
    if (!(await this.#isGranted(waitMs))) return undefined;
    const values = [Buffer.from(rowName(this.prefix + key))];
    // Without the grant: asked for twice, MySQL would want it released twice.
    const counted = await this.asking(() => this.ask({ sql: MYSQL_COUNT, values }));
    return { fencingToken: BigInt(insertIdOf(counted)) };
  }

  async #isGranted(waitMs: number): Promise<boolean> {
    try {
      const sql = MYSQL_GET_LOCK(waitMs);
      const granted = firstOf(await this.ask({ sql, values: [this.name] }), 'granted');
      if (granted === 0 || granted === 1) return granted === 1;
    } catch (error) {
      if (causeNumberOf(error) !== QUERY_TIMEOUT) throw error;
      // It may have been granted in the same moment.
      await this.ask({ sql: MYSQL_RELEASE_ALL });
      return false;
    }
    throw failed();
  }
}

/** At most 64 characters, and not told apart by case: a hash has neither trouble. */
export function lockName(name: string): string {
  return `holdfast ${hashOf(name).toString('hex').slice(0, 48)}`;
}

function failed(): LockBackendError {
  return new LockBackendError('GET_LOCK failed', 'unknown');
}
