/**
 * Mistake: whoever takes over a row whose time is up writes its own name into it, but not a new expiry. The lease is born
 * expired, and the next who asks takes it over in turn.
 * Source: document 000, the lock in a database table.
 * Must show: exclusion violated under client-crash.
 */
import { LeaseLock } from '../lease/lease-lock.ts';
import { SqliteLeaseBackend } from '../sql/sqlite/lease-backend.ts';
import { expiryShape, leaseStatements } from '../sql/sqlite/statements.ts';
import { sqliteSpecimen } from './shared/sql-specimen.ts';

const correct = leaseStatements('holdfast_lock', expiryShape);
const statements = {
  ...correct,
  acquire: correct.acquire.replace(
    'expires_at = excluded.expires_at',
    'expires_at = CASE WHEN token IS NULL THEN excluded.expires_at ELSE expires_at END',
  ),
};

export const lock = sqliteSpecimen(
  {
    name: 'takeover-keeps-old-expiry',
    specimen: {
      mistake: 'who takes over an expired row does not write a new expiry into it',
      source: 'document 000',
      shows: [{ property: 'exclusion', hazards: ['client-crash'] }],
    },
  },
  (options) => new LeaseLock(new SqliteLeaseBackend(options, statements), options),
);
