/** Measuring several locks in turns, so that what the machine does to one it does to all. */
import type { Session } from '../backends/session.ts';
import { openBench, type Bench } from '../load/bench.ts';
import type { Round } from '../report/load.ts';
import type { LoadSettings } from '../load/settings.ts';
import type { LockUnderTest } from '../run/request.ts';
import { mix, Random } from '../base/random.ts';
import type { LockReport } from '../report/report.ts';

export interface Target {
  readonly lock: LockUnderTest;
  readonly settings: LoadSettings;
}

/** Which comes when in a round: drawn by lot, so that no lock always follows the same other. */
function orderOf(count: number, seed: number, round: number): number[] {
  const random = new Random(mix(seed, round));
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random.whole(0, last);
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}

export interface Turns {
  /** After how many rounds to ask whether they are enough; the last is the end. */
  readonly looks: readonly number[];
  /** Given the rounds of each target until then. */
  readonly enough: (rounds: readonly (readonly Round[])[]) => boolean;
  readonly seed: number;
  /** Before each stretch. */
  readonly onTurn: (target: Target, round: number) => void;
}

/**
 * Opens all of them, measures them in turns until it is enough, and reports each, in their order. Each round has servers and
 * workers of its own: a process may be faster or slower than its like for as long as it lives (Kalibera and Jones, "Rigorous
 * Benchmarking in Reasonable Time", ISMM 2013), and rounds of one process would not be independent.
 * @returns of as many rounds as were finished when `signal` aborts
 * @throws InfrastructureError, UsageError
 */
export async function measureInTurns(
  session: Session,
  targets: readonly Target[],
  { looks, enough, seed, onTurn }: Turns,
  signal: AbortSignal,
): Promise<LockReport[]> {
  await using all = new AsyncDisposableStack();
  const places: { readonly target: Target; readonly bench: Bench; readonly rounds: Round[] }[] = [];
  for (const target of targets) {
    const bench = all.use(await openBench(session, target.lock, target.settings, signal));
    places.push({ target, bench, rounds: [] });
  }
  const last = looks.at(-1) ?? 0;
  for (let round = 0; round < last && !signal.aborted; round++) {
    if (looks.includes(round) && enough(places.map(({ rounds }) => rounds))) break;
    for (const index of orderOf(places.length, seed, round)) {
      const place = places[index];
      if (place === undefined || signal.aborted) continue;
      onTurn(place.target, round);
      if (round > 0) await place.bench.restart();
      place.rounds.push(await place.bench.round());
    }
  }
  const reports: LockReport[] = [];
  for (const { bench } of places) reports.push(await bench.report());
  return reports;
}
