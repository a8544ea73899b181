import type { Clock } from '../lease/clock.ts';

/** What the nodes that were asked have said so far. */
export interface Votes<T> {
  readonly answers: readonly T[];
  readonly failures: readonly unknown[];
  /** Nodes that have not yet answered; when time is up, those that did not answer. */
  readonly missing: number;
}

/**
 * Collects answers until all are in, `decided` says that the rest cannot change the result, or `limitMs` have passed.
 * Never rejects; later answers are ignored.
 */
export function poll<T>(
  clock: Clock,
  questions: readonly Promise<T>[],
  limitMs: number,
  decided: (votes: Votes<T>) => boolean,
): Promise<Votes<T>> {
  return new Promise((resolve) => {
    const answers: T[] = [];
    const failures: unknown[] = [];
    let open = true;
    const votes = (): Votes<T> => ({
      answers,
      failures,
      missing: questions.length - answers.length - failures.length,
    });
    const end = (): void => {
      open = false;
      timer?.close();
      resolve(votes());
    };
    const timer = limitMs === Infinity ? undefined : clock.setTimer(end, limitMs);
    const settle = <V>(list: V[], value: V): void => {
      if (!open) return;
      list.push(value);
      const soFar = votes();
      if (soFar.missing === 0 || decided(soFar)) end();
    };
    for (const question of questions) {
      question.then(
        (answer) => settle(answers, answer),
        (failure: unknown) => settle(failures, failure),
      );
    }
  });
}
