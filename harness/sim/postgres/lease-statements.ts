/** The statements of the lease locks on PostgreSQL: each makes one decision, as its text says. */
import {
  expiryShape,
  heartbeatShape,
  leaseStatements,
  type LeaseStatements,
} from '../../../implementations/sql/postgres/lease-statements.ts';
import type { Row } from './database.ts';
import { immediate, said, selected, TYPE, type Column, type Execution, type Statement } from './statement.ts';

const column = (name: string, type: number): Column => ({ name, type });
const [FENCE, REMAINING] = [column('fence', TYPE.text), column('remaining', TYPE.float8)];

type Kind = 'acquire' | 'extend' | 'free' | 'inspect';

const deadlineUs = ({ sinceUs, leaseMs }: Row): number => sinceUs + leaseMs * 1000;
const remainingMs = (row: Row, nowUs: number): string => String((deadlineUs(row) - nowUs) / 1000);

/** What they have in common, whichever columns say when a lease ends. */
function ofTable(table: string): Readonly<Record<Kind, Statement>> {
  const rowOf = ({ database, values: [name] }: Execution): Row | undefined => database.table(table).get(name ?? '');
  const own = (execution: Execution): Row | undefined => {
    const row = rowOf(execution);
    return row !== undefined && row.token === execution.values[1] ? row : undefined;
  };
  return {
    acquire: immediate(
      (execution) => {
        const { database, values } = execution;
        const [name = '', token = '', lease = ''] = values.map(String);
        const [row, nowUs] = [rowOf(execution), database.nowUs];
        const isIn = row !== undefined && deadlineUs(row) > nowUs;
        if (row !== undefined && row.token !== null && row.token !== token && isIn) {
          return selected([[null, remainingMs(row, nowUs)]]);
        }
        const fence = row === undefined ? nowUs : row.token === token && isIn ? row.fence : row.fence + 1;
        database.table(table).set(name, { token, fence, sinceUs: nowUs, leaseMs: Number(lease) });
        return selected([[String(fence), null]]);
      },
      [FENCE, REMAINING],
    ),
    extend: immediate(
      (execution) => {
        const { database, values } = execution;
        const [row, nowUs] = [own(execution), database.nowUs];
        if (row === undefined || String(row.fence) !== values[3] || deadlineUs(row) <= nowUs) return said('UPDATE 0');
        row.sinceUs = nowUs;
        row.leaseMs = Number(values[2]);
        return { tag: 'UPDATE 1', rows: [['t']] };
      },
      [column('extended', TYPE.bool)],
    ),
    free: immediate(
      (execution) => {
        const { database, session, values } = execution;
        const row = own(execution);
        if (row === undefined) return selected([]);
        row.token = null;
        database.notify(session, table, values[0] ?? '');
        return selected([[String(row.fence), deadlineUs(row) > database.nowUs ? 't' : 'f', '']]);
      },
      [FENCE, column('in_force', TYPE.bool), column('pg_notify', TYPE.void)],
    ),
    inspect: immediate(
      (execution) => {
        const row = rowOf(execution);
        const { nowUs } = execution.database;
        if (row === undefined || row.token === null || deadlineUs(row) <= nowUs) return selected([]);
        return selected([[row.token, String(row.fence), remainingMs(row, nowUs)]]);
      },
      [column('token', TYPE.text), FENCE, REMAINING],
    ),
  };
}

/** Text → what it does. */
export const LEASE_STATEMENTS: ReadonlyMap<string, Statement> = new Map(
  (
    [
      ['holdfast_lock', expiryShape],
      ['holdfast_heartbeat', heartbeatShape],
    ] as const
  ).flatMap(([table, shape]) => {
    const texts: LeaseStatements = leaseStatements(table, shape);
    return Object.entries(ofTable(table)).map(([kind, statement]) => [texts[kind as Kind], statement] as const);
  }),
);
