/** Locks side by side in the terminal. */
import type { Change, Comparison } from '../../harness/compare/comparison.ts';
import {
  baselinePhrase,
  CHANGE_VERDICTS,
  guaranteeMark,
  intervalPhrase,
  lossPhrase,
  rankingPhrase,
  rowsByRank,
  surePhrase,
} from '../comparison-phrases.ts';
import { shortened, significant } from '../wording.ts';
import { hanging, table, wrap } from './layout.ts';
import type { Paint, Style } from './paint.ts';

const WIDE = 84;

export function comparisonBlocks(comparison: Comparison, width: number, paint: Paint): readonly (readonly string[])[] {
  return [
    costBlock(comparison, width, paint),
    guaranteeBlock(comparison, width, paint),
    guideBlock(comparison, width, paint),
    changeBlock(comparison, width, paint),
  ];
}

function costBlock(comparison: Comparison, width: number, paint: Paint): readonly string[] {
  const rows = rowsByRank(comparison).map(({ label, rank, figures, rounds }) => {
    const { throughput, 'acquire p50': p50, 'acquire p99': p99 } = figures;
    const medians = [throughput, p50, p99].map((figure) => (figure === undefined ? '' : significant(figure.median)));
    const [first = '', ...others] = medians;
    const intervals = width >= WIDE ? [intervalPhrase(throughput)] : [];
    return [
      shortened(label, Math.max(width - 58, 18)),
      String(rank ?? '–'),
      first,
      ...intervals,
      ...others,
      String(rounds),
    ];
  });
  const head = [
    'side by side',
    'rank',
    'cycles/s',
    ...(width >= WIDE ? ['interval'] : []),
    'acquire p50',
    'p99, ms',
    'rounds',
  ];
  const [header = '', ...body] = table([head, ...rows]);
  const refusals = comparison.rows.flatMap(({ label, unranked }) =>
    unranked === undefined ? [] : [`${label}: ${unranked}`],
  );
  return [
    `  ${paint('dim', header)}`,
    ...body.map((row) => `  ${row}`),
    ...wrap(rankingPhrase(comparison), width - 2).map((line) => paint('dim', `  ${line}`)),
    ...refusals.flatMap((text) => hanging('  –', text, width, 4)),
  ];
}

/** A column for each question would be too wide: they are numbered. */
function guaranteeBlock(comparison: Comparison, width: number, paint: Paint): readonly string[] {
  const rows = rowsByRank(comparison);
  const questions = rows[0]?.guarantees.map(({ question }) => question) ?? [];
  const numbers = questions.map((_, index) => String(index + 1));
  const [header = '', ...body] = table([
    ['guarantees', ...numbers],
    ...rows.map(({ label, guarantees }) => [shortened(label, 30), ...guarantees.map(guaranteeMark)]),
  ]);
  const legend = questions.map((question, index) => `${index + 1} ${question}`).join('; ');
  return [
    `  ${paint('dim', header)}`,
    ...body.map((row) => `  ${row}`),
    ...wrap(`${legend}. ✓ promised, · not promised, – does not apply, ✗ broken.`, width - 2).map((line) =>
      paint('dim', `  ${line}`),
    ),
  ];
}

function guideBlock({ guide }: Comparison, width: number, paint: Paint): readonly string[] {
  if (guide.length === 0) return [];
  const lines = guide
    .filter(({ best }) => best.length > 0)
    .flatMap(({ need, best, why }) => hanging('  ·', `${need}: ${best.join(', ')} (${why})`, width, 4));
  return [paint('bold', '  Which lock when, of those measured'), ...lines];
}

const STYLES: Readonly<Record<Change['verdict'], Style>> = {
  improved: 'green',
  unchanged: 'green',
  warning: 'yellow',
  regressed: ['red', 'bold'],
  inconclusive: 'yellow',
};

function changeBlock({ baseline }: Comparison, width: number, paint: Paint): readonly string[] {
  if (baseline === undefined) return [];
  const lines = baseline.changes.flatMap((change) => {
    const { mark, word } = CHANGE_VERDICTS[change.verdict];
    const head = `  ${mark} ${word}  `;
    const sure = surePhrase(change);
    const text = [
      `${change.label}: ${change.metric} ${significant(change.baseline)} → ${significant(change.candidate)}, ${lossPhrase(change)}`,
      ...(sure === '' ? [] : [`${sure} sure`]),
      ...(change.note === undefined ? [] : [change.note]),
    ].join(', ');
    const [first = '', ...rest] = hanging(head, text, width, head.length);
    return [paint(STYLES[change.verdict], head) + first.slice(head.length), ...rest];
  });
  return [
    ...hanging('  baseline', baselinePhrase(baseline), width, 12),
    ...baseline.notes.flatMap((note) => hanging('  ?', note, width, 4).map((line) => paint('yellow', line))),
    ...lines,
  ];
}
