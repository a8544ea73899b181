/** Measuring several locks in turns, so that what the machine does to one it does to all. */
import type { Session } from '../backends/session.ts';
import { openBench, type Bench } from '../load/bench.ts';
import type { LoadSettings } from '../load/settings.ts';
import type { LockUnderTest } from '../run/request.ts';
import { mix, Random } from '../sim/random.ts';
import type { LockReport } from '../verdict/report.ts';

export interface Target {
  readonly lock: LockUnderTest;
  readonly settings: LoadSettings;
}

/** Which comes when in a round: drawn by lot, so that no lock always follows the same other. */
export function orderOf(count: number, seed: number, round: number): number[] {
  const random = new Random(mix(seed, round));
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random.whole(0, last);
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}

/**
 * Opens all of them, measures `rounds` rounds in turns, and reports each, in their order.
 * @param onTurn before each stretch
 * @returns as many rounds as were finished when `signal` aborts
 * @throws InfrastructureError, UsageError
 */
export async function measureInTurns(
  session: Session,
  targets: readonly Target[],
  rounds: number,
  seed: number,
  signal: AbortSignal,
  onTurn: (target: Target, round: number) => void,
): Promise<LockReport[]> {
  await using all = new AsyncDisposableStack();
  const benches: (readonly [Target, Bench])[] = [];
  for (const target of targets) {
    benches.push([target, all.use(await openBench(session, target.lock, target.settings, signal))]);
  }
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    for (const index of orderOf(benches.length, seed, round)) {
      const [target, bench] = benches[index] ?? [];
      if (target === undefined || bench === undefined || signal.aborted) continue;
      onTurn(target, round);
      await bench.round();
    }
  }
  const reports: LockReport[] = [];
  for (const [, bench] of benches) reports.push(await bench.report());
  return reports;
}
