/** What the SQL specimens share: everything that is not their mistake is the reference implementation's. */
import type { LeaseLock } from '../../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../lease/options.ts';
import type { LockModule, Specimen } from '../../lock.ts';
import { fileClaims, leaseClaims } from '../../sql/modules/claims.ts';
import { connectLease } from '../../sql/postgres/modules/connect.ts';
import type { PostgresLeaseOptions } from '../../sql/postgres/lease-backend.ts';
import { connectFile } from '../../sql/sqlite/modules/connect.ts';
import type { SqliteLeaseOptions } from '../../sql/sqlite/lease-backend.ts';

interface Definition {
  readonly name: string;
  readonly specimen: Specimen;
}

/** A specimen on one PostgreSQL server. It claims what `sql-table-postgres` does. */
export function postgresSpecimen(
  definition: Definition,
  make: (options: LeaseLockOptions & PostgresLeaseOptions) => LeaseLock,
): LockModule {
  return {
    ...described(definition),
    backend: 'postgres',
    claims: leaseClaims,
    connect: (context) => connectLease(context, make),
  };
}

/** A specimen in one SQLite file. It claims what `sql-table-sqlite` does. */
export function sqliteSpecimen(
  definition: Definition,
  make: (options: LeaseLockOptions & SqliteLeaseOptions) => LeaseLock,
): LockModule {
  return {
    ...described(definition),
    backend: 'sqlite',
    claims: fileClaims,
    connect: (context) => connectFile(context, make),
  };
}

function described({
  name,
  specimen,
}: Definition): Pick<LockModule, 'name' | 'summary' | 'specimen' | 'topologies' | 'recoverMs'> {
  return { name, summary: `Specimen: ${specimen.mistake}`, specimen, topologies: ['single'], recoverMs: 2500 };
}
