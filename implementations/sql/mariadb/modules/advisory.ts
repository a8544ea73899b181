/** `sql-advisory-mariadb` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { forgetfulConnectionClaims } from '../../modules/claims.ts';
import { MariadbAdvisoryLock } from '../advisory.ts';
import { connectHolders, onMariadb } from './connect.ts';

export const lock: LockModule = {
  ...onMariadb,
  name: 'sql-advisory-mariadb',
  summary: 'MariaDB’s GET_LOCK, held by a connection; no lease; queued by the server; fence from a sequence.',
  claims: forgetfulConnectionClaims,
  leasesAtOnce: 20,
  connect: (context) => connectHolders(context, (options) => new MariadbAdvisoryLock(options)),
};
