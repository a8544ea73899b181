/** Running what an event has left in the queues of `process.nextTick` and of promises, before the next event. */

interface TickingProcess {
  /** Node's own: runs ticks, microtasks and unhandled rejections until none is left. Does nothing inside a microtask. */
  readonly _tickCallback?: () => void;
}

const tick = (process as unknown as TickingProcess)._tickCallback;

/**
 * Whether the queues can be drained synchronously, at a tenth of the cost of a turn of the real event loop. A test of its
 * own says when a version of Node ends this; each event then takes a real turn (`World.run`).
 */
export const drainsAtOnce = typeof tick === 'function';

/** To be called from a macrotask only. */
export function drain(): void {
  tick?.call(process);
}
