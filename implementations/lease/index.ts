/** What a lease lock of one's own is made of: the engine does the waiting, the deadlines, the renewal and the undoing. */
export type { Answer, Grant, LeaseBackend, LeaseRequest, WakeUps } from './backend.ts';
export type { Clock, Timer } from './clock.ts';
export { LeaseLock } from './lease-lock.ts';
export type { LeaseLockOptions } from './options.ts';
export type { RetryStrategy } from './retry.ts';
