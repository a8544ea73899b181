/** Entries of a comparison against what they are to be no slower than. */
import { judgeChanges, type Limits } from '../gates/change.ts';
import type { Comparison } from '../report/comparison.ts';
import { differenceOf, nameOf } from './conditions.ts';
import { roundsOf, tookTurns, type Entry } from './entry.ts';

export interface BaselineEntry extends Entry {
  readonly limits: Limits;
  /** How often the rounds may have been looked at before they were called enough; default: once. */
  readonly looks?: number;
}

type Held = NonNullable<Comparison['baseline']>;

/** `undefined` without baselines. `name`: what they are called together; default: their labels. */
export function heldAgainst(
  entries: readonly Entry[],
  baselines: readonly BaselineEntry[],
  name = baselines.map(({ label }) => label).join(', '),
): Held | undefined {
  const [first] = baselines;
  if (first === undefined) return undefined;
  const interleaved = entries.every((entry) => tookTurns(first, entry));
  return { name, interleaved, limits: first.limits, ...changesOf(entries, baselines) };
}

function changesOf(entries: readonly Entry[], baselines: readonly BaselineEntry[]): Pick<Held, 'changes' | 'notes'> {
  const notes: string[] = [];
  const changes = entries.flatMap((entry) => {
    const baseline = baselines.find((one) => isCounterpart(one, entry));
    if (baseline === undefined || baseline.report === entry.report) return [];
    const trouble = incomparable(baseline, entry);
    if (trouble !== undefined) {
      notes.push(`${entry.label}: ${trouble}`);
      return [];
    }
    const measured = { label: entry.label, rounds: roundsOf(entry.report) };
    return judgeChanges(roundsOf(baseline.report), measured, {
      paired: tookTurns(baseline, entry),
      limits: baseline.limits,
      looks: baseline.looks ?? 1,
    });
  });
  if (changes.length === 0 && notes.length === 0) notes.push('no lock of this comparison is in the baseline');
  return { changes, notes };
}

/** A baseline that took turns with the candidates is for all of them; stored ones are each for their own lock. */
function isCounterpart(baseline: BaselineEntry, entry: Entry): boolean {
  if (tookTurns(baseline, entry)) return true;
  const [one, other] = [baseline.report, entry.report];
  return one.name === other.name && one.backend.topology === other.backend.topology;
}

function incomparable(baseline: Entry, entry: Entry): string | undefined {
  const [before, after] = [baseline.report.load, entry.report.load];
  if (before === undefined || before.rounds.length === 0) return 'the baseline has no benchmark of it';
  if (after === undefined || after.rounds.length === 0) return 'it was not benchmarked';
  const [was, is] = [nameOf(baseline.machine), nameOf(entry.machine)];
  if (was !== is) return `the baseline was measured on another machine (${was}; this is ${is})`;
  const different = differenceOf(before, after);
  return different === undefined ? undefined : `the baseline was given something else to do: ${different}`;
}
