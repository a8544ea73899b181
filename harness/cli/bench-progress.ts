/** How a benchmark goes, on stderr: seconds of all rounds of all locks, and the present one. */
import { milliseconds } from '../../reports/wording.ts';
import type { BenchEvent } from '../commands/bench-request.ts';
import type { LiveFigures } from '../load/settings.ts';
import type { Progress } from './progress.ts';
import { progressOnStderr } from './stderr-progress.ts';

export class BenchProgress {
  readonly #quiet: boolean;
  #progress: Progress;
  /** Of the locks that have not ended. */
  #lengthsMs: number[] = [];
  #totalS = 0;
  #doneMs = 0;
  /** Rounds of the present lock, and how long the present one has lasted. */
  #roundMs = 0;
  #lastMs = 0;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
    this.#progress = progressOnStderr(true);
  }

  take(event: BenchEvent): void {
    switch (event.type) {
      case 'planned':
        this.#progress = progressOnStderr(this.#quiet, 's');
        this.#lengthsMs = event.locks.map(({ expectedMs }) => expectedMs);
        this.#totalS = Math.round(this.#lengthsMs.reduce((sum, length) => sum + length, 0) / 1000);
        return;
      case 'lock': {
        const { lock, backend, topology, provisioner, reason } = event;
        this.#progress.note(`${lock} on ${backend} (${topology}), ${provisioner}: ${reason}`);
        if (provisioner === 'sim')
          this.#progress.note(
            'simulated: what follows is not a speed; its milliseconds are virtual, a round trip takes one',
          );
        this.#progress.update({ doing: `starting ${backend} (${topology})` });
        return;
      }
      case 'live':
        return this.#takeLive(event);
      case 'lock-measured':
        this.#doneMs += this.#lengthsMs.shift() ?? 0;
        [this.#roundMs, this.#lastMs] = [0, 0];
        return;
      case 'reported':
        this.stop();
    }
  }

  stop(): void {
    this.#progress.stop();
  }

  #takeLive({ doing, elapsedMs, perSecond, acquire, errors }: LiveFigures): void {
    // A round that begins anew has another before it.
    if (elapsedMs < this.#lastMs) this.#roundMs += this.#lastMs;
    this.#lastMs = elapsedMs;
    const trouble = errors === 0 ? '' : `, ${errors} errors`;
    this.#progress.update({
      doing: `${doing}: ${Math.round(perSecond)}/s, p99 ${milliseconds(acquire.p99)} ms${trouble}`,
      done: Math.min(this.#totalS, Math.round((this.#doneMs + this.#roundMs + elapsedMs) / 1000)),
      total: this.#totalS,
    });
  }
}
