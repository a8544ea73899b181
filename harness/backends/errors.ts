/** Trouble that is not the lock's: it ends a run with the exit code for infrastructure. */
export class InfrastructureError extends Error {
  override readonly name = 'InfrastructureError';
}
