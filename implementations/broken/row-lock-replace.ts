/**
 * Mistake: the row is replaced by whoever comes, held or not: SQLite has no FOR UPDATE, and without it nothing is left of the
 * row lock but the INSERT OR REPLACE.
 * Source: document 000, the row lock.
 * Must show: exclusion violated, without any fault.
 */
import { LeaseLock } from '../lease/lease-lock.ts';
import { SqliteLeaseBackend } from '../sql/sqlite/lease-backend.ts';
import { expiryShape, leaseStatements } from '../sql/sqlite/statements.ts';
import { sqliteSpecimen } from './shared/sql-specimen.ts';

const statements = {
  ...leaseStatements('holdfast_lock', expiryShape),
  acquire: `
INSERT OR REPLACE INTO holdfast_lock (name, token, fence, boot, expires_at)
VALUES (:name, :token, :first, :boot, :now + :lease)
RETURNING fence`,
};

export const lock = sqliteSpecimen(
  {
    name: 'row-lock-replace',
    specimen: {
      mistake: 'the row is replaced by whoever comes',
      source: 'document 000',
      shows: [{ property: 'exclusion', hazards: ['none'] }],
    },
  },
  (options) => new LeaseLock(new SqliteLeaseBackend(options, statements), options),
);
