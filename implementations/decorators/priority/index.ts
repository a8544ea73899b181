/** Waiters of one process by their priority; nobody starves. */
export { PriorityLock } from './priority-lock.ts';
export type { PriorityAcquireOptions, PriorityOptions } from './priority-lock.ts';
