/** How long a session outlasts the leases in it. All in milliseconds. */

/** The longest lease in a session: with the time between two signs of life, and until one is known, it fills the timeout. */
export function longestLeaseMs(sessionTimeoutMs: number): number {
  return sessionTimeoutMs / 2;
}

/**
 * Within this the leader knows of a client that another server has heard of: they report every half tick, and the shortest
 * timeout that servers grant is two ticks (if no `minSessionTimeout` says otherwise).
 */
export function knownWithinMs(sessionTimeoutMs: number): number {
  return sessionTimeoutMs / 4;
}

/** How often a client gives a sign of life at least. */
export function signEveryMs(sessionTimeoutMs: number): number {
  return sessionTimeoutMs / 9;
}

/**
 * The timeout to ask for: two to three times the lease. In steps (1024, 1536, 2048, 3072 …), so that leases of many
 * lengths share few sessions.
 */
export function timeoutFor(leaseMs: number): number {
  const step = 2 ** Math.floor(Math.log2(leaseMs));
  return [1, 1.5, 2].map((steps) => steps * step * 2).find((timeoutMs) => timeoutMs >= 2 * leaseMs) ?? 4 * step;
}
