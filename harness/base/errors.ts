/** The two kinds of trouble that are not the lock's; each has an exit code of its own. */

/** Wrong usage or configuration: one clear line, nothing half-started. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Servers, processes, containers or files failed: nothing can be said of the lock. */
export class InfrastructureError extends Error {
  override readonly name = 'InfrastructureError';
}
