/** Options of the SQL lock modules, as JSON. */
import { z } from 'zod';
import { leaseOptions } from '../../lease/module-options.ts';

const database = z.strictObject({
  /** Whose database it is where the endpoint names no user. */
  user: z.string().min(1).optional(),
  database: z.string().min(1).optional(),
  table: z.string().min(1).optional(),
  /** Most connections of one client of the lock. */
  connections: z.number().int().min(1).optional(),
});

export const sqlLeaseOptions = z.strictObject({
  ...leaseOptions.shape,
  ...database.shape,
  /** Wake waiters, where the database can; without, they poll. */
  wakeUps: z.boolean().default(true),
});

export const sqlConnectionOptions = z.strictObject({
  ...leaseOptions.omit({ renew: true }).shape,
  ...database.shape,
});

export type DatabaseModuleOptions = z.infer<typeof database>;
