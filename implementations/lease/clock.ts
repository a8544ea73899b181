/** The time that the engine lives in: one small seam, so that every rule about time is tested in virtual time. */

export interface Timer {
  /** Afterwards the callback is not called any more. */
  close(): unknown;
  /** Lets the process end before it fires: for what nobody awaits. */
  unref(): unknown;
}

export interface Clock {
  /** Milliseconds on a monotonic time line that no wall clock moves. */
  now(): number;
  /**
   * Calls `callback` once, no earlier than about `delayMs` from now. Until then it keeps the process alive, unless `unref` is
   * called: a process that waits for a lock has nothing else that does, and would end in the middle of it, with exit code 0.
   */
  setTimer(callback: () => void, delayMs: number): Timer;
}

/** `setTimeout` fires at once when asked for more, and warns of less than nothing: of a moment that has just passed. */
const LONGEST_DELAY_MS = 2_147_483_647;

/** The real thing. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (callback, delayMs) => setTimeout(callback, Math.max(0, Math.min(delayMs, LONGEST_DELAY_MS))),
};

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(resolve, ms);
  });
}

/** The same for work that nobody awaits. */
export function sleepInBackground(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(resolve, ms).unref();
  });
}
