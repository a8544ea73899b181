/** How a run that verifies goes, on stderr. */
import { SIMULATION_NOTE, shownPhrase } from '../../reports/wording.ts';
import type { ShrinkEvent, VerifyEvent } from '../commands/verify-events.ts';
import { causeOf } from '../verdict/breach.ts';
import { sizeOf } from './plan-size.ts';
import type { Progress } from './progress.ts';
import { progressOnStderr } from './stderr-progress.ts';

/** What an interrupted run that verifies came before, when there is nothing to report. */
export const NO_PLAN_FINISHED = 'the first plan had finished: there is nothing to report';

/** A lock after another, each with a progress of its own. */
export class VerifyProgress {
  readonly #quiet: boolean;
  readonly #shrinking: ShrinkProgress;
  #progress: Progress;
  /** Of the present lock. */
  #done = 0;
  #violations = 0;
  #plans = 0;
  /** Of an exhaustive run. */
  #exhaustive: number | undefined;
  readonly #told = new Set<string>();

  constructor(quiet: boolean) {
    this.#quiet = quiet;
    this.#shrinking = new ShrinkProgress(quiet);
    this.#progress = progressOnStderr(true);
  }

  take(event: VerifyEvent): void {
    switch (event.type) {
      case 'lock':
        return this.#begin(event);
      case 'plan-started':
        return this.#progress.update({ doing: `${event.lock} under ${event.plan.hazards.join(' + ')}` });
      case 'simulated-first':
        return this.#takeSimulated(event);
      case 'not-simulated-first':
        return this.#progress.note(`${event.lock}: not searched in the simulation first: ${event.reason}`);
      case 'positions': {
        const { lock, positions, plans } = event;
        this.#exhaustive = plans;
        this.#progress.note(`${lock}: ${positions} positions, ${plans} plans: each fault at each position`);
        return this.#progress.update({ doing: `${lock}, every position`, total: plans });
      }
      case 'plan-judged':
        return this.#takeJudged(event);
      case 'shrinking':
      case 'smaller':
      case 'shrunk':
        return this.#shrinking.take(event);
      case 'reported':
        return this.stop();
    }
  }

  stop(): void {
    this.#shrinking.stop();
    this.#progress.stop();
  }

  #begin({ lock, backend, topology, provisioner, reason, plans }: Extract<VerifyEvent, { type: 'lock' }>): void {
    this.stop();
    [this.#done, this.#violations, this.#plans, this.#exhaustive] = [0, 0, plans, undefined];
    this.#told.clear();
    this.#progress = progressOnStderr(this.#quiet);
    this.#progress.note(`${lock} on ${backend} (${topology}), ${provisioner}: ${reason}`);
    if (provisioner === 'sim') this.#progress.note(`simulation: ${SIMULATION_NOTE}`);
    this.#progress.update({ doing: `starting ${backend} (${topology})`, total: plans });
  }

  #takeSimulated({ found, schedules, plans }: Extract<VerifyEvent, { type: 'simulated-first' }>): void {
    if (found !== undefined) {
      const { property, plan } = found;
      const what = `the simulation broke ${property} within ${schedules} schedules`;
      this.#progress.note(`${what}: ${sizeOf(plan)}; trying it for real`);
    }
    this.#progress.update({ total: this.#plans + plans });
  }

  #takeJudged({ lock, violations, breaches }: Extract<VerifyEvent, { type: 'plan-judged' }>): void {
    this.#done++;
    this.#violations += violations.length + breaches.length;
    for (const breach of breaches) this.#noteOnce(causeOf(breach), `${breach.who}: ${breach.message}`);
    for (const { property, hazards, summary, by } of violations) {
      if (by === 'application') this.#noteOnce(by, `the application breaks its own invariant: ${summary}`);
      else
        this.#noteOnce(
          `${property} ${hazards.join(' ')}`,
          `${property} violated under ${hazards.join(' + ')}: ${summary}`,
        );
    }
    if (this.#done === this.#exhaustive) this.#progress.note(`${lock}: all ${this.#exhaustive} plans were tried`);
    this.#progress.update({ done: this.#done, violations: this.#violations });
  }

  /** A search finds the same again and again. */
  #noteOnce(kind: string, text: string): void {
    if (this.#told.has(kind)) return;
    this.#told.add(kind);
    this.#progress.note(text);
  }
}

/** A search for a smaller plan. */
export class ShrinkProgress {
  readonly #quiet: boolean;
  #progress: Progress;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
    this.#progress = progressOnStderr(true);
  }

  take(event: ShrinkEvent): void {
    switch (event.type) {
      case 'shrinking':
        this.#progress = progressOnStderr(this.#quiet);
        this.#progress.note(`${shownPhrase(event.property)}: looking for a smaller plan (${event.provisioner})`);
        return;
      case 'smaller':
        this.#progress.update({ doing: sizeOf(event.plan), done: event.tries });
        return;
      case 'shrunk':
        this.stop();
    }
  }

  stop(): void {
    this.#progress.stop();
  }
}
