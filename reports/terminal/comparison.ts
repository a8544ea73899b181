/** Locks side by side in the terminal. */
import type { Change, Comparison, Figure, Row } from '../../harness/report/comparison.ts';
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

const median = (figure: Figure | undefined): string => (figure === undefined ? '' : significant(figure.median));

/** What stands beside the name of a lock: in terminals of at least `from` columns, with about `room` of them. */
const COLUMNS: readonly {
  readonly name: string;
  readonly from: number;
  readonly room: number;
  readonly cell: (row: Row) => string;
}[] = [
  { name: 'rank', from: 0, room: 6, cell: ({ rank }) => String(rank ?? '–') },
  { name: 'cycles/s', from: 0, room: 10, cell: ({ figures }) => median(figures.throughput) },
  { name: 'interval', from: 84, room: 18, cell: ({ figures }) => intervalPhrase(figures.throughput) },
  { name: 'acquire p50', from: 72, room: 13, cell: ({ figures }) => median(figures['acquire p50']) },
  { name: 'p99, ms', from: 0, room: 9, cell: ({ figures }) => median(figures['acquire p99']) },
  { name: 'rounds', from: 72, room: 8, cell: ({ rounds }) => String(rounds) },
];

export function comparisonBlocks(comparison: Comparison, width: number, paint: Paint): readonly (readonly string[])[] {
  return [
    costBlock(comparison, width, paint),
    guaranteeBlock(comparison, width, paint),
    guideBlock(comparison, width, paint),
    changeBlock(comparison, width, paint),
  ];
}

function costBlock(comparison: Comparison, width: number, paint: Paint): readonly string[] {
  const columns = COLUMNS.filter(({ from }) => width >= from);
  const taken = columns.reduce((sum, { room }) => sum + room, 0);
  const rows = rowsByRank(comparison).map((row) => [
    shortened(row.label, Math.max(width - taken - 4, 18)),
    ...columns.map(({ cell }) => cell(row)),
  ]);
  const head = ['side by side', ...columns.map(({ name }) => name)];
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
