/** A comparison for a pull request: what changed first, then the locks side by side. */
import type { Comparison } from '../harness/report/comparison.ts';
import {
  baselinePhrase,
  CHANGE_VERDICTS,
  guaranteeMark,
  intervalPhrase,
  lossPhrase,
  METRIC_UNITS,
  rankingPhrase,
  rankPhrase,
  rowsByRank,
} from './comparison-phrases.ts';
import { escape, markdownTable } from './markdown-text.ts';
import { significant } from './wording.ts';

export function comparisonMarkdown(comparison: Comparison): readonly string[] {
  return [
    ...changes(comparison),
    costs(comparison),
    escape(rankingPhrase(comparison)),
    details('Guarantees', guarantees(comparison)),
    ...(comparison.guide.length === 0 ? [] : [details('Which lock when', guide(comparison))]),
    `<sub>${escape(comparison.method)}</sub>`,
  ];
}

function changes({ baseline }: Comparison): readonly string[] {
  if (baseline === undefined) return [];
  const rows = baseline.changes.map((change) => {
    const { mark, word } = CHANGE_VERDICTS[change.verdict];
    const unit = METRIC_UNITS[change.metric];
    return [
      change.verdict === 'regressed' ? `**${mark} ${word}**` : `${mark} ${word}`,
      escape(change.label),
      change.metric,
      `${significant(change.baseline)} ${unit}`,
      `${significant(change.candidate)} ${unit}`,
      escape(lossPhrase(change)) + (change.note === undefined ? '' : `<br>${escape(change.note)}`),
    ];
  });
  return [
    `Baseline: ${escape(baselinePhrase(baseline))}`,
    ...baseline.notes.map((note) => `> ${escape(note)}`),
    ...(rows.length === 0
      ? []
      : [markdownTable([['', 'lock', 'figure', 'baseline', 'now', 'change (interval)'], ...rows])]),
  ];
}

function costs(comparison: Comparison): string {
  const metrics = ['throughput', 'acquire p50', 'acquire p99'] as const;
  const rows = rowsByRank(comparison).map((row) => [
    escape(rankPhrase(row)),
    escape(row.label),
    ...metrics.map((metric) => {
      const figure = row.figures[metric];
      const interval = intervalPhrase(figure);
      return figure === undefined ? '' : `${significant(figure.median)}${interval === '' ? '' : ` (${interval})`}`;
    }),
  ]);
  return markdownTable([['rank', 'lock', ...metrics.map((metric) => `${metric}, ${METRIC_UNITS[metric]}`)], ...rows]);
}

function guarantees(comparison: Comparison): string {
  const rows = rowsByRank(comparison);
  const questions = rows[0]?.guarantees.map(({ question }) => escape(question)) ?? [];
  return markdownTable([
    ['lock', ...questions],
    ...rows.map((row) => [escape(row.label), ...row.guarantees.map(guaranteeMark)]),
  ]);
}

const guide = ({ guide: advice }: Comparison): string =>
  markdownTable([
    ['need', 'best of those measured', 'why'],
    ...advice.map(({ need, best, why }) => [
      escape(need),
      best.length === 0 ? '–' : escape(best.join(', ')),
      escape(why),
    ]),
  ]);

const details = (summary: string, text: string): string =>
  `<details><summary>${summary}</summary>\n\n${text}\n\n</details>`;
