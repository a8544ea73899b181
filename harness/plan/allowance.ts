/** What the liveness bound of a plan allows for beside what the lock states. */

/**
 * Room in the liveness bound: for machines that are busy with something else, and for a request that a fault held back,
 * which may be granted when it heals to somebody who has given that request up, for one more lease.
 */
export const recoverAllowanceMs = (leaseMs: number): number => Math.max(1000, leaseMs);
