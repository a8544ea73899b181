/** What those who asked for the lock were answered. */
import type { HistoryEvent } from '../history/events.ts';
import type { Judgement } from './judge.ts';

const isAnswer = ({ f, type, process }: HistoryEvent): boolean =>
  f === 'acquire' && type !== 'invoke' && typeof process === 'number';

/** Over the plans of a run. A lock that was never granted has shown nothing. */
export class Answers {
  #granted = false;
  readonly #errors = new Map<string, number>();

  add({ events, increments }: Pick<Judgement, 'events' | 'increments'>): void {
    // Of a simulated plan that shows nothing new no events are kept.
    this.#granted ||= increments > 0;
    for (const { type, error } of events.filter(isAnswer)) {
      if (type === 'ok') this.#granted = true;
      else if (error !== undefined) this.#errors.set(error.code, (this.#errors.get(error.code) ?? 0) + 1);
    }
  }

  /** Why nothing can be said of the lock, in words; `undefined` when it was granted, or not asked for. */
  get nothingGranted(): string | undefined {
    const [commonest] = [...this.#errors].toSorted(([, one], [, other]) => other - one);
    if (this.#granted || commonest === undefined) return undefined;
    const [code, count] = commonest;
    const all = [...this.#errors.values()].reduce((sum, one) => sum + one, 0);
    return `the lock was never granted: ${count} of ${all} acquires were rejected with ${code}`;
  }
}

/**
 * What the server refused, in its own words, where that and not a fault of the plan is why; `undefined` otherwise.
 * @param disturbed whether there were faults of servers or links: a server that leads no more refuses for a while
 */
export function refusalOf(events: readonly HistoryEvent[], disturbed: boolean): string | undefined {
  const answers = events.filter(isAnswer);
  const refusals = answers.flatMap(({ error }) => error?.refused ?? []);
  const [words] = refusals;
  if (words === undefined || (disturbed && answers.some(({ type }) => type === 'ok'))) return undefined;
  return `the server refuses: ${words} (${refusals.length} of ${answers.length} acquires)`;
}
