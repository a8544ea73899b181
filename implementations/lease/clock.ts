/** The time that the engine lives in: one small seam, so that every rule about time is tested in virtual time. */

export interface Timer {
  /** Afterwards the callback is not called any more. */
  close(): unknown;
}

export interface Clock {
  /** Milliseconds on a monotonic time line that no wall clock moves. */
  now(): number;
  /** Calls `callback` once, no earlier than about `delayMs` from now. A timer never keeps the process alive. */
  setTimer(callback: () => void, delayMs: number): Timer;
}

/** `setTimeout` fires at once when asked for more. */
const LONGEST_DELAY_MS = 2_147_483_647;

/** The real thing: `performance.now()` and unref'd timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (callback, delayMs) => setTimeout(callback, Math.min(delayMs, LONGEST_DELAY_MS)).unref(),
};

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(resolve, ms);
  });
}
