/** Leases that say in which state of their life they are. */
export { LifeCycleLock } from './life-cycle-lock.ts';
export type { LifeCycleLease, LifeCycleOptions } from './life-cycle-lock.ts';
export { IllegalTransitionError } from './life-cycle.ts';
export type { LeaseState, Transition } from './life-cycle.ts';
