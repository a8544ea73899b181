/** What workers tell of the processes that their locks live in: the library, and what the way there and back costs. */
import type { LockReport, Library } from '../report/report.ts';
import type { FromWorker } from '../subject/messages.ts';

/** Enough for the figures; a long benchmark makes far more calls. */
const KEPT = 50_000;

export class SubjectAccount {
  #library: Library | undefined;
  readonly #costsUs: number[] = [];
  #calls = 0;

  readonly hear = (message: FromWorker): void => {
    if (message.type !== 'subject') return;
    this.#library ??= message.library;
    this.#calls += message.pipeUs.length;
    this.#costsUs.push(...message.pipeUs.slice(0, KEPT - this.#costsUs.length));
  };

  /** Of a lock inside the workers there is nothing to be told. */
  report(): Pick<LockReport, 'library' | 'pipe'> {
    const sorted = this.#costsUs.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return {
      ...(this.#library === undefined ? {} : { library: this.#library }),
      ...(sorted.length === 0 ? {} : { pipe: { calls: this.#calls, p50Us: at(0.5), p99Us: at(0.99) } }),
    };
  }
}
