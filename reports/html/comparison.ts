/** Locks side by side: cost, guarantees, what changed against a baseline, and which lock when. */
import type { Comparison, Row } from '../../harness/report/comparison.ts';
import type { LockReport } from '../../harness/report/report.ts';
import {
  baselinePhrase,
  CHANGE_VERDICTS,
  guaranteeMark,
  guaranteePhrase,
  intervalPhrase,
  lossPhrase,
  METRIC_UNITS,
  rankingPhrase,
  rankPhrase,
  rowsByRank,
  surePhrase,
} from '../comparison-phrases.ts';
import { backendPhrase, significant } from '../wording.ts';
import { markup, type Markup } from './markup.ts';
import { tableOf, type Column } from './tables.ts';

export function comparisonSection(comparison: Comparison, locks: readonly LockReport[]): Markup {
  return markup`<section aria-labelledby="comparison"><h2 id="comparison">Side by side</h2>
<p>${rankingPhrase(comparison)}</p>
${costTable(comparison, locks)}
${changeTables(comparison)}
<h3>Guarantees</h3>
<p class="small">✓ promised, with the tries that did not break it, or on its word only; · not promised; – cannot befall it, or does not apply; ✗ broken.</p>
${guaranteeTable(comparison)}
${guideTable(comparison)}
<h3>How this was compared</h3><p class="small">${comparison.method}</p></section>`;
}

const FIGURES = ['throughput', 'acquire p50', 'acquire p99'] as const;

function costTable(comparison: Comparison, locks: readonly LockReport[]): Markup | undefined {
  const figures = FIGURES.map((name): Column<Row> => ({
    name: `${name}, ${METRIC_UNITS[name]}`,
    numeric: true,
    cell: ({ figures: { [name]: figure } }) =>
      markup`${figure === undefined ? '' : significant(figure.median)}${small(intervalPhrase(figure))}`,
    sortBy: (row) => row.figures[name]?.median ?? '',
  }));
  const other = (name: string, value: (lock: LockReport) => number | undefined): Column<Row> => ({
    name,
    numeric: true,
    cell: ({ lock }) => shown(of(locks, lock, value)),
    sortBy: ({ lock }) => of(locks, lock, value) ?? '',
  });
  return tableOf<Row>(
    rowsByRank(comparison),
    [
      {
        name: 'lock',
        cell: ({ label, lock }) =>
          markup`<a href="#lock-${lock + 1}">${label}</a>${small(
            locks
              .slice(lock, lock + 1)
              .map(backendPhrase)
              .join(''),
          )}`,
        sortBy: ({ label }) => label,
      },
      {
        name: 'rank',
        cell: (row) => (row.rank === undefined ? markup`–${small(rankPhrase(row))}` : rankPhrase(row)),
        sortBy: ({ rank }) => rank ?? '',
      },
      ...figures,
      other('fairness', ({ fairness }) => fairness),
      other('commands a cycle', ({ commandsPerCycle }) => commandsPerCycle),
      { name: 'rounds', numeric: true, cell: ({ rounds }) => String(rounds), sortBy: ({ rounds }) => rounds },
    ],
    { label: 'Cost of the locks', sortable: true, className: 'sides' },
  );
}

const small = (text: string): Markup | undefined =>
  text === '' ? undefined : markup`<span class="evidence">${text}</span>`;
const of = (
  locks: readonly LockReport[],
  index: number,
  value: (lock: LockReport) => number | undefined,
): number | undefined => locks.slice(index, index + 1).map(value)[0];
const shown = (value: number | undefined): string => (value === undefined ? '' : significant(value));

function guaranteeTable(comparison: Comparison): Markup | undefined {
  const rows = rowsByRank(comparison);
  const questions = rows[0]?.guarantees.map(({ question }) => question) ?? [];
  const columns = questions.map((question): Column<Row> => {
    const ofRow = (row: Row): Row['guarantees'] => row.guarantees.filter((one) => one.question === question);
    return {
      name: question,
      cell: (row) =>
        markup`${ofRow(row).map((one) => markup`<span class="${one.tested?.violated === true ? 'violated' : 'plain'}"><span class="verdict">${guaranteeMark(one)}</span></span>${small(evidenceOf(guaranteePhrase(one)))}`)}`,
      sortBy: (row) => ofRow(row).map(guaranteeMark).join(''),
    };
  });
  return tableOf<Row>(rows, [{ name: 'lock', cell: ({ label }) => label, sortBy: ({ label }) => label }, ...columns], {
    label: 'Guarantees of the locks',
    sortable: true,
    className: 'sides',
  });
}

/** The mark has said it. */
const evidenceOf = (phrase: string): string => (phrase === '–' ? '' : phrase);

function changeTables({ baseline }: Comparison): Markup | undefined {
  if (baseline === undefined) return undefined;
  return markup`<h3>Against the baseline</h3><p>${baselinePhrase(baseline)}</p>
${baseline.notes.map((note) => markup`<p class="warning">${note}</p>`)}
${tableOf(
  baseline.changes,
  [
    { name: 'lock', cell: ({ label }) => label, sortBy: ({ label }) => label },
    { name: 'figure', cell: ({ metric }) => metric, sortBy: ({ metric }) => metric },
    {
      name: 'baseline',
      numeric: true,
      cell: ({ baseline: was }) => significant(was),
      sortBy: ({ baseline: was }) => was,
    },
    {
      name: 'now',
      numeric: true,
      cell: ({ candidate }) => significant(candidate),
      sortBy: ({ candidate }) => candidate,
    },
    { name: 'change (interval)', numeric: true, cell: lossPhrase, sortBy: ({ loss }) => loss },
    { name: 'sure', numeric: true, cell: surePhrase, sortBy: ({ confidence }) => confidence ?? '' },
    {
      name: 'verdict',
      cell: ({ verdict, note }) => {
        const { standing, mark, word } = CHANGE_VERDICTS[verdict];
        return markup`<span class="${standing}"><span class="verdict">${mark} ${word}</span></span>${note === undefined ? undefined : markup`<br>${note}`}`;
      },
      sortBy: ({ verdict }) => verdict,
    },
  ],
  { label: 'Changes against the baseline', sortable: true },
)}`;
}

function guideTable({ guide }: Comparison): Markup | undefined {
  const table = tableOf(
    guide,
    [
      { name: 'need', cell: ({ need }) => need },
      { name: 'best of those measured', cell: ({ best }) => (best.length === 0 ? '–' : best.join(', ')) },
      { name: 'why', cell: ({ why }) => why },
    ],
    { label: 'Which lock when' },
  );
  return table === undefined ? undefined : markup`<h3>Which lock when</h3>${table}`;
}
