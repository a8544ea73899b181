/** Waiting in a queue that the backend keeps itself. */
import type { Answer } from './backend.ts';
import type { Clock, Timer } from './clock.ts';
import { CutShortError } from './within.ts';

/**
 * Waits for the answer of a queue. When `patienceMs` have passed, or when `signal` aborts, the waiter is told to leave; it
 * has `leaveMs` to do so and to answer. Rejects as `wait` does, or with `CutShortError` if it does not leave in time.
 */
export function inQueue(
  clock: Clock,
  wait: (patience: AbortSignal) => Promise<Answer>,
  patienceMs: number,
  leaveMs: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const patience = new AbortController();
    let timer: Timer | undefined;
    const settled = (): void => {
      timer?.close();
      signal?.removeEventListener('abort', leave);
    };
    const leave = (): void => {
      settled();
      timer = clock.setTimer(() => {
        reject(new CutShortError(signal?.aborted === true ? 'caller' : 'time limit'));
      }, leaveMs);
      patience.abort();
    };
    if (patienceMs !== Infinity) timer = clock.setTimer(leave, patienceMs);
    signal?.addEventListener('abort', leave, { once: true });
    wait(patience.signal).then(resolve, reject).finally(settled);
  });
}
