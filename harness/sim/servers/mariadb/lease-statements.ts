/** The statements of the lease locks on MariaDB: each makes one decision, as its text says. */
import { expiryShape, heartbeatShape, leaseStatements } from 'holdfast-locks/internal/sql/mariadb/lease-statements';
import { acquireLease, extendLease, leaseInForce, leaseOf } from '../sql/leases.ts';
import { decimal, done, selected, varchar, type Result } from './result.ts';
import { type Execution, immediate, type Statement } from './statement.ts';

const changed = (rows: number): Result =>
  done({ affectedRows: rows, info: `Rows matched: ${rows}  Changed: ${rows}  Warnings: 0` });

/** What they have in common, whichever columns say when a lease ends. */
function ofTable(table: string): Readonly<Record<'acquire' | 'extend' | 'free' | 'undo' | 'inspect', Statement>> {
  /** Of this token, and of this fence if one is given. */
  const free = ({ database, session, values: [name = '', token = '', fence] }: Execution): Result => {
    const row = leaseOf(database.tableAlone(table, session), name, token);
    const refused = fence !== undefined && (row?.fence !== Number(fence) || row.deadlineUs <= database.nowUs);
    if (row === undefined || refused) return changed(0);
    row.token = null;
    return changed(1);
  };
  return {
    acquire: immediate(({ database, session, values: [name = '', token = '', leaseUs] }) => {
      const rows = database.tableAlone(table, session);
      const isNew = !rows.has(name);
      const answer = acquireLease(rows, { name, token, leaseUs: Number(leaseUs) }, database.nowUs);
      if ('fence' in answer) return done({ affectedRows: isNew ? 1 : 2, insertId: answer.fence });
      return done({ affectedRows: 1, insertId: answer.remainingUs });
    }),
    extend: immediate(({ database, session, values: [leaseUs, name = '', token = '', fence] }) => {
      const claim = { name, token, leaseUs: Number(leaseUs) };
      return changed(Number(extendLease(database.tableAlone(table, session), claim, Number(fence), database.nowUs)));
    }),
    free: immediate(free),
    undo: immediate(free),
    inspect: immediate(({ database, session, values: [name = ''] }) => {
      const { nowUs } = database;
      const row = leaseInForce(database.tableAlone(table, session), name, nowUs);
      const remaining = row === undefined ? '' : ((row.deadlineUs - nowUs) / 1000).toFixed(4);
      return selected(
        [varchar('token'), varchar('fence'), decimal('remaining')],
        row === undefined ? undefined : [row.token, String(row.fence), remaining],
      );
    }),
  };
}

/** Texts, and what they do. */
export const LEASE_STATEMENTS: readonly (readonly [text: string, Statement])[] = (
  [
    ['holdfast_lock', expiryShape],
    ['holdfast_heartbeat', heartbeatShape],
  ] as const
).flatMap(([table, shape]) => {
  const { schema, ...texts } = leaseStatements(table, shape);
  const create = immediate(({ database }) => done({ warnings: database.createTable(table) ? 0 : 1 }));
  const statements = ofTable(table);
  return [
    ...schema.map((text) => [text, create] as const),
    ...Object.entries(texts).map(([kind, text]) => [text, statements[kind as keyof typeof texts]] as const),
  ];
});
