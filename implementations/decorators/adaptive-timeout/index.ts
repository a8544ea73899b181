/** Time limits learnt from the waits there were. */
export { AdaptiveTimeoutLock } from './adaptive-timeout-lock.ts';
export type { AdaptiveTimeoutOptions } from './adaptive-timeout-lock.ts';
