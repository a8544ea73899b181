/**
 * Mistake: the expiry is written by one client's wall clock and judged by another's. A client whose clock runs ahead takes
 * what others still hold.
 * Source: documents 000 and 001, the lock in a database table.
 * Must show: exclusion violated under client-clock-jump.
 */
import { SqliteTableLock } from '../sql/sqlite/table.ts';
import { sqliteSpecimen } from './shared/sql-specimen.ts';

const wallClock = { boot: 'any', now: () => Date.now() * 1000 };

export const lock = sqliteSpecimen(
  {
    name: 'client-clock-expiry',
    specimen: {
      mistake: 'the expiry is written by one client’s wall clock and judged by another’s',
      source: 'documents 000 and 001',
      shows: [{ property: 'exclusion', hazards: ['client-clock-jump'] }],
    },
  },
  (options) => new SqliteTableLock({ ...options, machine: wallClock }),
);
