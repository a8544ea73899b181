import type { Clock } from './clock.ts';

/** The wait for an answer was cut short; the work itself goes on unobserved. */
export class CutShortError extends Error {
  readonly by: 'time limit' | 'caller';

  constructor(by: 'time limit' | 'caller') {
    super(by === 'caller' ? 'the caller gave up' : 'no answer in time');
    this.name = 'CutShortError';
    this.by = by;
  }
}

/**
 * Settles as `work` does, or rejects with `CutShortError` after `limitMs` or when `signal` aborts. Leaves no timer and
 * no listener behind, and no rejection of `work` unhandled.
 */
export function within<T>(clock: Clock, work: Promise<T>, limitMs: number, signal?: AbortSignal): Promise<T> {
  if (limitMs === Infinity && signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      settled();
      reject(new CutShortError('caller'));
    };
    const timer =
      limitMs === Infinity
        ? undefined
        : clock.setTimer(() => {
            settled();
            reject(new CutShortError('time limit'));
          }, limitMs);
    const settled = (): void => {
      timer?.close();
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const onValue = (value: T): void => {
      settled();
      resolve(value);
    };
    const onError = (error: unknown): void => {
      settled();
      reject(error instanceof Error ? error : new Error(String(error), { cause: error }));
    };
    work.then(onValue, onError);
  });
}
