/**
 * MariaDB's own advisory lock, GET_LOCK, on the session of a connection that the holder has for itself: the server keeps it
 * until it is released or the connection ends.
 *
 * No lease: a holder that was paused still holds it. But the server frees it the moment a connection breaks, and the holder
 * may learn of that later than its successor of the grant.
 */
import { LockBackendError } from '../../lock.ts';
import type { Inspection } from '../../lock.ts';
import type { HeldGrant, HolderBackend } from '../../connection/backend.ts';
import { ConnectionLock } from '../../connection/connection-lock.ts';
import type { ConnectionLockOptions } from '../../connection/connection-lock.ts';
import { hashOf } from '../names.ts';
import type { MariadbRow } from './client.ts';
import { MariadbDatabase } from './database.ts';
import type { DatabaseOptions } from './database.ts';
import { FENCE_SCHEMA } from './fence.ts';
import { MariadbHolder } from './holder.ts';
import { GET_LOCK, IS_FREE_LOCK, RELEASE_LOCK } from './holder-statements.ts';

export interface MariadbAdvisoryLockOptions extends ConnectionLockOptions, DatabaseOptions {
  /** Every name begins with it. Default none. */
  readonly prefix?: string;
}

class AdvisoryHolder extends MariadbHolder {
  readonly #prefix: string;
  #name = '';

  constructor(prefix: string, ...rest: ConstructorParameters<typeof MariadbHolder>) {
    super(...rest);
    this.#prefix = prefix;
  }

  async lock(key: string, waitMs: number): Promise<HeldGrant | undefined> {
    this.#name = lockName(this.#prefix + key);
    const values = [this.#name, waitMs / 1000];
    const rows = await this.asking(() => this.ask({ sql: GET_LOCK, values }));
    const fence = firstOf(rows, 'fence');
    if (fence === 'busy') return undefined;
    if (typeof fence === 'string') return { fencingToken: BigInt(fence) };
    throw new LockBackendError('MariaDB’s GET_LOCK failed', 'unknown');
  }

  async unlock(): Promise<'released' | 'lost'> {
    const rows = await this.ask({ sql: RELEASE_LOCK, values: [this.#name] });
    return firstOf(rows, 'released') === 1 ? 'released' : 'lost';
  }
}

class AdvisoryBackend implements HolderBackend {
  readonly #database: MariadbDatabase;
  readonly #prefix: string;

  constructor(options: MariadbAdvisoryLockOptions) {
    this.#database = new MariadbDatabase(options, [FENCE_SCHEMA]);
    this.#prefix = options.prefix ?? '';
  }

  async open(): Promise<AdvisoryHolder> {
    return new AdvisoryHolder(this.#prefix, this.#database, await this.#database.checkOut());
  }

  async inspect(key: string): Promise<Inspection> {
    const rows = await this.#database.rows({ sql: IS_FREE_LOCK, values: [lockName(this.#prefix + key)] });
    return { key, held: firstOf(rows, 'free') === 0 };
  }

  probe(): Promise<string | undefined> {
    return this.#database.probe();
  }
}

/** At most 64 characters, and not told apart by case: a hash has neither trouble. */
function lockName(name: string): string {
  return `holdfast ${hashOf(name).toString('hex').slice(0, 48)}`;
}

function firstOf(rows: unknown, column: string): unknown {
  return Array.isArray(rows) ? (rows as MariadbRow[])[0]?.[column] : undefined;
}

export class MariadbAdvisoryLock extends ConnectionLock {
  constructor(options: MariadbAdvisoryLockOptions) {
    super(new AdvisoryBackend(options), options);
  }
}
