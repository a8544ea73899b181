/**
 * Mistake: before it asks, every client sweeps: it selects the rows whose holders have fallen silent, and then deletes each by
 * its key. What has been taken anew in between is deleted with them.
 * Source: document 000, the heartbeat lease.
 * Must show: exclusion violated under slow-node, and under whatever else makes a lease lapse. The gap is drawn out (`GAP_MS`).
 */
import type { Answer, LeaseRequest } from '../lease/backend.ts';
import { sleep, systemClock } from '../lease/clock.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { PostgresLeaseBackend } from '../sql/postgres/lease-backend.ts';
import { heartbeatShape, leaseStatements } from '../sql/postgres/lease-statements.ts';
import { GAP_MS } from './shared/redis-specimen.ts';
import { postgresSpecimen } from './shared/sql-specimen.ts';

const TABLE = 'holdfast_heartbeat';
const STALE = `SELECT name FROM ${TABLE} WHERE token IS NOT NULL
  AND last_heartbeat + lease_ms * interval '1 millisecond' <= clock_timestamp()`;

class Sweeping extends PostgresLeaseBackend {
  override async attempt(request: LeaseRequest): Promise<Answer> {
    // A sweep that fails leaves its rows to the next.
    await this.#sweep().catch(() => undefined);
    return super.attempt(request);
  }

  async #sweep(): Promise<void> {
    const stale = await this.database.run<{ name: string }>({ text: STALE });
    if (stale.length === 0) return;
    await sleep(systemClock, GAP_MS);
    for (const { name } of stale) {
      await this.database.run({ text: `DELETE FROM ${TABLE} WHERE name = $1`, values: [name] });
    }
  }
}

export const lock = postgresSpecimen(
  {
    name: 'sweep-check-then-delete',
    specimen: {
      mistake: 'a sweeper selects stale rows and then deletes them by their keys',
      source: 'document 000',
      shows: [{ property: 'exclusion', hazards: ['slow-node', 'latency', 'client-pause', 'client-crash'] }],
    },
  },
  (options) => new LeaseLock(new Sweeping(options, leaseStatements(TABLE, heartbeatShape)), options),
);
