import type { RetryStrategy } from '../../lease/retry.ts';

/** Rhythms in common use, by name. The jitter shortens a delay by up to that share. */
export const PRESETS = {
  /** Twice as long after each try: contention and outages thin themselves out. */
  backoff: { delayMs: 100, factor: 2, maxDelayMs: 1000, jitter: 0.5, maxAttempts: Infinity },
  /** The same distance each time, until the time is up. */
  fixed: { delayMs: 100, factor: 1, maxDelayMs: 100, jitter: 0, maxAttempts: Infinity },
  /** One try and three more, 100 ms apart: for a caller who would rather do something else soon. */
  brief: { delayMs: 100, factor: 1, maxDelayMs: 100, jitter: 0, maxAttempts: 4 },
  /** As Redis describes it for Redlock: 200 ms, less a little that is random, so that rivals do not meet again. */
  redlock: { delayMs: 200, factor: 1, maxDelayMs: 200, jitter: 0.05, maxAttempts: Infinity },
} as const satisfies Readonly<Record<string, RetryStrategy>>;

export type Preset = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as [Preset, ...Preset[]];
