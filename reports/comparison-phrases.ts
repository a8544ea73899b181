/** A comparison in words, as every report writes it. */
import type { Change, Comparison, Figure, Guarantee, Row } from '../harness/report/comparison.ts';
import type { Standing } from './reading.ts';
import { count, counted, significant } from './wording.ts';

/** Best first; those without a rank last, in the order in which they were given. */
export function rowsByRank({ rows }: Comparison): readonly Row[] {
  return rows.toSorted((a, b) => (a.rank ?? Number.MAX_VALUE) - (b.rank ?? Number.MAX_VALUE));
}

/** `1,198 to 1,275`; empty where there was one round. */
export function intervalPhrase(figure: Figure | undefined): string {
  if (figure?.low === undefined || figure.high === undefined) return '';
  return `${significant(figure.low)} to ${significant(figure.high)}`;
}

/** A number, or why there is none; empty where that is said of all of them. */
export function rankPhrase({ rank, unranked }: Row): string {
  return rank === undefined ? (unranked ?? '') : String(rank);
}

/** What stands beside the mark: `0 of 52 broke it`, `its word`, `not promised`, `–`. */
export function guaranteePhrase({ answer, tested }: Guarantee): string {
  if (tested?.violated === true) return `BROKEN in ${counted(tested.tries, 'try', 'tries')}`;
  if (answer === 'impossible') return '–';
  if (answer === 'unknown') return 'not known';
  if (answer === 'no') return 'not promised';
  return tested === undefined ? 'its word' : `0 of ${count(tested.tries)} broke it`;
}

/** One character, for narrow tables; legible without colour. */
export function guaranteeMark({ answer, tested }: Guarantee): string {
  if (tested?.violated === true) return '✗';
  return { yes: '✓', no: '·', impossible: '–', unknown: '?' }[answer];
}

export const CHANGE_VERDICTS: Readonly<
  Record<Change['verdict'], { readonly standing: Standing; readonly mark: string; readonly word: string }>
> = {
  improved: { standing: 'holds', mark: '✓', word: 'better' },
  unchanged: { standing: 'holds', mark: '✓', word: 'no worse' },
  warning: { standing: 'inconclusive', mark: '!', word: 'warning' },
  regressed: { standing: 'violated', mark: '✗', word: 'REGRESSED' },
  inconclusive: { standing: 'inconclusive', mark: '?', word: 'inconclusive' },
};

/** `21.3 % worse (+15.1 % to +26 %)`: what is worse is positive. */
export function lossPhrase({ loss, lossLow, lossHigh }: Change): string {
  const interval =
    lossLow === undefined || lossHigh === undefined ? '' : ` (${signedPercent(lossLow)} to ${signedPercent(lossHigh)})`;
  return `${significant(Math.abs(loss) * 100)} % ${loss < 0 ? 'better' : 'worse'}${interval}`;
}

const signedPercent = (loss: number): string => `${loss < 0 ? '−' : '+'}${significant(Math.abs(loss) * 100)} %`;

/** How sure a judgement against the baseline is. */
export function surePhrase({ confidence }: Change): string {
  return confidence === undefined ? '' : `${significant(confidence * 100)} %`;
}

/** What the limits are, and how the baseline was measured. */
export function baselinePhrase({ name, interleaved, limits }: NonNullable<Comparison['baseline']>): string {
  const how = interleaved ? 'measured in turns with the others' : 'measured at another time';
  return `${name}, ${how}; warning from ${significant(limits.warn * 100)} % worse, failure from ${significant(limits.fail * 100)} % worse, if the whole interval is on the worse side.`;
}

/** What each is called in a heading, and its unit. */
export const METRIC_UNITS = { throughput: 'cycles/s', 'acquire p50': 'ms', 'acquire p99': 'ms' } as const;

/** What the ranks go by, or why there are none. */
export function rankingPhrase({ rankedBy, unranked }: Comparison): string {
  if (unranked !== undefined) return `No ranks: ${unranked}.`;
  return rankedBy === undefined ? '' : `Ranks go by ${rankedBy}; locks that do not really differ share one.`;
}
