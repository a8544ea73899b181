/** Tables of leases, and what the statements of the lease locks decide on them, in whatever SQL they are written. */

/** Times are microseconds of the server's wall clock. A table of names alone has rows without a token. */
export interface LeaseRow {
  token: string | null;
  fence: number;
  deadlineUs: number;
}

/** By name. */
export type LeaseTable = Map<string, LeaseRow>;

export interface Claim {
  readonly name: string;
  readonly token: string;
  readonly leaseUs: number;
}

/** The first fence of a row is the time; whoever has the lease already keeps it, with a new deadline. */
export function acquireLease(
  table: LeaseTable,
  { name, token, leaseUs }: Claim,
  nowUs: number,
): { readonly fence: number } | { readonly remainingUs: number } {
  const row = table.get(name);
  const inForce = row !== undefined && row.token !== null && row.deadlineUs > nowUs;
  if (inForce && row.token !== token) return { remainingUs: row.deadlineUs - nowUs };
  const fence = row === undefined ? nowUs : inForce ? row.fence : row.fence + 1;
  table.set(name, { token, fence, deadlineUs: nowUs + leaseUs });
  return { fence };
}

/** @returns whether this very lease was in force */
export function extendLease(table: LeaseTable, claim: Claim, fence: number, nowUs: number): boolean {
  const row = leaseOf(table, claim.name, claim.token);
  if (row === undefined || row.fence !== fence || row.deadlineUs <= nowUs) return false;
  row.deadlineUs = nowUs + claim.leaseUs;
  return true;
}

/** The row of this token, in force or not. */
export function leaseOf(table: LeaseTable, name: string, token: string): LeaseRow | undefined {
  const row = table.get(name);
  return row !== undefined && row.token === token ? row : undefined;
}

/** Of whomever. */
export function leaseInForce(table: LeaseTable, name: string, nowUs: number): LeaseRow | undefined {
  const row = table.get(name);
  return row !== undefined && row.token !== null && row.deadlineUs > nowUs ? row : undefined;
}
