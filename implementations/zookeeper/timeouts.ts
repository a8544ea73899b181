/** How long a session outlasts the leases in it. All in milliseconds. */

/**
 * The longest lease in a session. A leader counts a session's timeout from when it heard of it, which lags behind a
 * confirmed write: the client is heard of every third of the timeout, and by a follower's report every half tick. Half of
 * the timeout leaves room for both, and for a client that was stopped in between.
 */
export function longestLeaseMs(sessionTimeoutMs: number): number {
  return sessionTimeoutMs / 2;
}

/**
 * The timeout to ask for: two to three times the lease. In steps (1024, 1536, 2048, 3072 …), so that leases of many
 * lengths share few sessions.
 */
export function timeoutFor(leaseMs: number): number {
  const step = 2 ** Math.floor(Math.log2(leaseMs));
  return [1, 1.5, 2].map((steps) => steps * step * 2).find((timeoutMs) => timeoutMs >= 2 * leaseMs) ?? 4 * step;
}
