/**
 * How long a request to a server may take, in milliseconds, for a lease of this length: then it is given up. Until then its
 * answer, late as it is, says what became of it.
 */
export function requestTimeoutMs(leaseMs: number): number {
  return Math.max(200, Math.min(4000, leaseMs));
}

/**
 * After this, of a request with such a time limit, the next ones go to another server: as long as the engine waits for an
 * answer by default, so that there is time for another before the lease ends.
 */
export function impatientAfterMs(timeoutMs: number): number {
  return timeoutMs / 4;
}
