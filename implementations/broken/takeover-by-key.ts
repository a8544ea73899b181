/**
 * Mistake: a row whose time is up is looked for with one statement and deleted, by its key alone, with another. Of two who find
 * the same one expired, the second deletes the row of the first.
 * Source: document 000, the lock in a database table.
 * Must show: exclusion violated under latency. The gap is drawn out (`GAP_MS`).
 */
import type { Answer, LeaseRequest } from '../lease/backend.ts';
import { sleep, systemClock } from '../lease/clock.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { PostgresLeaseBackend } from '../sql/postgres/lease-backend.ts';
import { expiryShape, leaseStatements } from '../sql/postgres/lease-statements.ts';
import { GAP_MS } from './shared/redis-specimen.ts';
import { postgresSpecimen } from './shared/sql-specimen.ts';

class TakeoverByKey extends PostgresLeaseBackend {
  override async attempt(request: LeaseRequest): Promise<Answer> {
    const values = [this.nameOf(request.key)];
    const expired =
      'SELECT FROM holdfast_lock WHERE name = $1 AND token IS NOT NULL AND expires_at <= clock_timestamp()';
    const found = await this.database.run({ text: expired, values });
    if (found.length > 0) {
      await sleep(systemClock, GAP_MS);
      await this.database.run({ text: 'DELETE FROM holdfast_lock WHERE name = $1', values });
    }
    return super.attempt(request);
  }
}

export const lock = postgresSpecimen(
  {
    name: 'takeover-by-key',
    specimen: {
      mistake: 'an expired row is found by one statement and deleted by another, by its key alone',
      source: 'document 000',
      shows: [{ property: 'exclusion', hazards: ['latency'] }],
    },
  },
  (options) => new LeaseLock(new TakeoverByKey(options, leaseStatements('holdfast_lock', expiryShape)), options),
);
