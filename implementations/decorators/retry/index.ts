/** Asking again in a rhythm of one's own: fixed, growing, with jitter, so many times. */
export { RetryLock } from './retry-lock.ts';
export type { RetryOptions } from './retry-lock.ts';
export type { Preset } from './presets.ts';
