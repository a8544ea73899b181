/** The statements of the lease locks on PostgreSQL: each makes one decision, as its text says. */
import { expiryShape, heartbeatShape, leaseStatements } from 'holdfast-locks/internal/sql/postgres/lease-statements';
import { operatorStatements } from 'holdfast-locks/internal/operators/postgres-statements';
import { acquireLease, extendLease, leaseInForce, leaseOf, type Claim, type LeaseRow } from '../sql/leases.ts';
import { said, selected, TYPE, type Column } from './result.ts';
import { immediate, writing, type Execution, type Statement } from './statement.ts';

const column = (name: string, type: number): Column => ({ name, type });
const [FENCE, REMAINING] = [column('fence', TYPE.text), column('remaining', TYPE.float8)];

type Kind = 'acquire' | 'extend' | 'free' | 'inspect' | 'look' | 'force';

const claimOf = ([name, token, leaseMs]: Execution['values']): Claim => ({
  name: name ?? '',
  token: token ?? '',
  leaseUs: Number(leaseMs) * 1000,
});
const inMs = (us: number): string => String(us / 1000);

/** What they have in common, whichever columns say when a lease ends. */
function ofTable(name: string): Readonly<Record<Kind, Statement>> {
  const own = ({ database, values: [key, token] }: Execution): LeaseRow | undefined =>
    leaseOf(database.table(name), key ?? '', token ?? '');
  return {
    acquire: writing(
      ({ database, values }) => {
        const answer = acquireLease(database.table(name), claimOf(values), database.nowUs);
        return selected(['fence' in answer ? [String(answer.fence), null] : [null, inMs(answer.remainingUs)]]);
      },
      [FENCE, REMAINING],
    ),
    extend: writing(
      ({ database, values }) => {
        const extended = extendLease(database.table(name), claimOf(values), Number(values[3]), database.nowUs);
        return extended ? { tag: 'UPDATE 1', rows: [['t']] } : said('UPDATE 0');
      },
      [column('extended', TYPE.bool)],
    ),
    free: writing(
      (execution) => {
        const { database, values } = execution;
        const row = own(execution);
        if (row === undefined) return selected([]);
        row.token = null;
        const answer = selected([[String(row.fence), row.deadlineUs > database.nowUs ? 't' : 'f', '']]);
        return { ...answer, notice: { channel: name, payload: values[0] ?? '' } };
      },
      [FENCE, column('in_force', TYPE.bool), column('pg_notify', TYPE.void)],
    ),
    inspect: immediate(
      ({ database, values: [key] }) => {
        const { nowUs } = database;
        const row = leaseInForce(database.table(name), key ?? '', nowUs);
        return selected(row === undefined ? [] : [[row.token, String(row.fence), inMs(row.deadlineUs - nowUs)]]);
      },
      [column('token', TYPE.text), FENCE, REMAINING],
    ),
    // Of an operator: by name, for listing is a matter of real servers.
    look: immediate(
      ({ database, values: [key] }) => {
        const { nowUs } = database;
        const row = leaseInForce(database.table(name), key ?? '', nowUs);
        return selected(
          row === undefined ? [] : [[key ?? '', row.token, String(row.fence), inMs(row.deadlineUs - nowUs), null]],
        );
      },
      [column('name', TYPE.text), column('token', TYPE.text), FENCE, REMAINING, column('held_for', TYPE.float8)],
    ),
    force: writing(
      (execution) => {
        const { database, values } = execution;
        const row = own(execution);
        if (row === undefined || String(row.fence) !== values[2] || row.deadlineUs <= database.nowUs)
          return selected([]);
        row.token = null;
        row.fence += 1;
        const answer = selected([[String(row.fence), '']]);
        return { ...answer, notice: { channel: name, payload: values[0] ?? '' } };
      },
      [FENCE, column('pg_notify', TYPE.void)],
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
    const { look, force } = operatorStatements(table, shape);
    const texts: Readonly<Record<Kind, string>> = { ...leaseStatements(table, shape), look, force };
    return Object.entries(ofTable(table)).map(([kind, statement]) => [texts[kind as Kind], statement] as const);
  }),
);
