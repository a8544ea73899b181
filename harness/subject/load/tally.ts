/** What one worker counts while it loads a lock. */
import type { Histogram } from 'hdr-histogram-js';
import { encode, newHistogram, newHistograms, recordNs } from '../../base/histogram.ts';
import type { Live, Loaded } from './messages.ts';

export const MEASURED = ['acquire', 'hold', 'release', 'try', 'renew'] as const;
export type Measured = (typeof MEASURED)[number];

export class Tally {
  readonly #histograms = newHistograms(MEASURED);
  /** How late arrivals of an open loop were begun. */
  readonly lateness = newHistogram();
  dropped = 0;
  /** Of the whole round. */
  cycles = 0;
  /** Under way. */
  waiting = 0;
  readonly #recent: { acquire: Histogram; cycles: number; errors: number } | undefined;

  /** @param live whether it is asked for what is recent */
  constructor(live: boolean) {
    this.#recent = live ? { acquire: newHistogram(2), cycles: 0, errors: 0 } : undefined;
  }

  took(operation: Measured, ns: number): void {
    recordNs(this.#histograms[operation], ns);
  }

  /** Also outside of the measured stretch: it shows what goes on. */
  granted(ns: number): void {
    if (this.#recent !== undefined) recordNs(this.#recent.acquire, ns);
  }

  ended(outcome: 'cycle' | 'error'): void {
    if (outcome === 'cycle') this.cycles += 1;
    if (this.#recent === undefined) return;
    if (outcome === 'cycle') this.#recent.cycles += 1;
    else this.#recent.errors += 1;
  }

  /** Since it was last asked. */
  recent(): Live {
    const { waiting } = this;
    const recent = this.#recent;
    if (recent === undefined) return { cycles: 0, errors: 0, waiting, acquire: '' };
    const { cycles, errors } = recent;
    const acquire = encode(recent.acquire);
    recent.acquire.reset();
    recent.cycles = 0;
    recent.errors = 0;
    return { cycles, errors, waiting, acquire };
  }

  result(): Pick<Loaded, 'histograms' | 'dropped' | 'lateness'> {
    const { acquire, hold, release, try: tried, renew } = this.#histograms;
    return {
      histograms: {
        acquire: encode(acquire),
        hold: encode(hold),
        release: encode(release),
        try: encode(tried),
        renew: encode(renew),
      },
      dropped: this.dropped,
      lateness: encode(this.lateness),
    };
  }
}
