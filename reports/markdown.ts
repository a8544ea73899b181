/** `summary.md`: what a reviewer of a pull request wants to know, and no more. */
import type { Cell, LockReport, Report } from '../harness/report/report.ts';
import {
  MARKS,
  THRESHOLD_VERDICTS,
  evidence,
  measuredPhrase,
  rowsOf,
  summaryBesideStory,
  triesOf,
  untestedOf,
  violationsOf,
  type Standing,
} from './reading.ts';
import { checkedLoadPhrase, errorsPhrase, loadPhrase, loadWarnings } from './load-phrases.ts';
import { comparisonMarkdown } from './markdown-comparison.ts';
import { code, escape, fenced } from './markdown-text.ts';
import type { Reporter } from './reporter.ts';
import {
  backendPhrase,
  besidesOf,
  besideTitle,
  type Beside,
  busyWarning,
  count,
  counted,
  duration,
  libraryPhrase,
  supportedLines,
  milliseconds,
  ratesPhrase,
  simulationWarning,
  underHazard,
  underHazards,
} from './wording.ts';

const COLUMNS: readonly Standing[] = ['violated', 'inconclusive', 'holds', 'not-promised'];

export function renderMarkdown(report: Report): string {
  const simulated = simulationWarning(report);
  const blocks = [
    `## Holdfast: ${escape(report.conclusion)}`,
    `Profile ${escape(report.profile)}, seed ${report.seed}, ${duration(report.elapsedMs)}, exit code ${report.exitCode}. ` +
      `Command: ${code(report.command)}`,
    ...(simulated === undefined ? [] : [`> **Simulated.** ${escape(simulated)}`]),
    ...(report.machine.tooBusyToJudge ? [`> **Too busy.** ${busyWarning(report.machine.timerLatenessMs)}`] : []),
    ...(report.comparison === undefined ? [] : comparisonMarkdown(report.comparison)),
    ...(report.comparison === undefined ? report.locks : report.locks.filter(isNoteworthy)).flatMap(lockBlocks),
    ...leftOutBlock(report),
  ];
  return `${blocks.join('\n\n')}\n`;
}

export const markdownReporter: Reporter = { format: 'markdown', fileName: 'summary.md', render: renderMarkdown };

function supportedBlock(lock: LockReport): readonly string[] {
  const lines = supportedLines(lock);
  return lines.length === 0
    ? []
    : [
        `Claims that it could make by what was tried here:`,
        fenced(lines.join('\n'), lock.pipe === undefined ? 'ts' : 'json'),
      ];
}

function leftOutBlock({ leftOut = [] }: Report): readonly string[] {
  if (leftOut.length === 0) return [];
  return [`Not run here:\n\n${leftOut.map(({ name, reason }) => `- ${escape(`${name}: ${reason}`)}`).join('\n')}`];
}

/** Of a comparison, what stands in its tables is not told again. */
const isNoteworthy = (lock: LockReport): boolean =>
  violationsOf(lock).length > 0 ||
  besidesOf(lock).length > 0 ||
  (lock.thresholds ?? []).length > 0 ||
  loadWarnings(lock).length > 0;

function lockBlocks(lock: LockReport): readonly string[] {
  const load = `${counted(lock.workers, 'worker')}, lease ${duration(lock.leaseMs)}`;
  const untested = untestedOf(lock).map(({ what, reason }) => `- ${escape(`${what}: ${reason}`)}`);
  return [
    `### ${escape(lock.name)}`,
    `On ${escape(backendPhrase(lock))}; ${load}.`,
    ...[libraryPhrase(lock)].flatMap((phrase) => (phrase === undefined ? [] : [`Library: ${escape(phrase)}.`])),
    ...matrixTable(lock),
    ...violationsOf(lock).flatMap(({ first, others }) => [violationBlock(first), ...otherViolations(others)]),
    ...besidesOf(lock).map((beside) => besideBlock(lock.name, beside)),
    ...(untested.length === 0 ? [] : [`Not tested here:\n\n${untested.join('\n')}`]),
    ...supportedBlock(lock),
    ...costLine(lock),
    ...loadBlocks(lock),
  ];
}

function loadBlocks(lock: LockReport): readonly string[] {
  const { load } = lock;
  if (load === undefined) return [];
  const errors = errorsPhrase(load);
  const lines = [loadPhrase(load), checkedLoadPhrase(load), ...(errors === '' ? [] : [`errors: ${errors}`])];
  return [`Load: ${escape(lines.join('; '))}.`, ...loadWarnings(lock).map((text) => `> ${escape(text)}`)];
}

function matrixTable(lock: LockReport): readonly string[] {
  const rows = rowsOf(lock).filter(({ groups }) => groups.some(({ standing }) => standing !== 'not-applicable'));
  if (rows.length === 0) return [];
  const lines = rows.map(({ property, groups }) => {
    const cells = COLUMNS.map((column) => {
      const group = groups.find(({ standing }) => standing === column);
      return group === undefined ? '' : escape(cellText(column, group.cells));
    });
    return `| **${property}** | ${cells.join(' | ')} |`;
  });
  const head = COLUMNS.map((standing) => `${MARKS[standing].mark} ${MARKS[standing].word}`);
  return [[`| property | ${head.join(' | ')} |`, `|---|${'---|'.repeat(COLUMNS.length)}`, ...lines].join('\n')];
}

function cellText(standing: Standing, cells: readonly Cell[]): string {
  if (standing !== 'holds') return underHazards(cells);
  const [only] = cells;
  if (only !== undefined && cells.length === 1) return `${underHazards(cells)}: ${evidence(only)}`;
  const tries = cells.reduce((sum, cell) => sum + triesOf(cell), 0);
  return `${underHazards(cells, 2)}: 0 of ${counted(tries, 'try', 'tries')}`;
}

function violationBlock(cell: Cell): string {
  const lines = [
    `**${MARKS.violated.mark} ${cell.property} ${escape(underHazard(cell.hazard))}** (${evidence(cell)})`,
    escape(summaryBesideStory(cell.witness) ?? ''),
    (cell.witness?.story ?? []).map((line, index) => `${index + 1}. ${escape(line)}`).join('\n'),
    ...(cell.replay === undefined ? [] : [fenced(cell.replay)]),
  ];
  return lines.filter((line) => line !== '').join('\n\n');
}

function besideBlock(name: string, beside: Beside): string {
  return [
    `**${MARKS.violated.mark} ${escape(besideTitle(name, beside))}**`,
    beside.story.map((line, index) => `${index + 1}. ${escape(line)}`).join('\n'),
    fenced(beside.replay),
  ].join('\n\n');
}

function otherViolations(cells: readonly Cell[]): readonly string[] {
  if (cells.length === 0) return [];
  const lines = cells.map((cell) => {
    const replay = cell.replay === undefined ? '' : `: ${code(cell.replay)}`;
    return `- ${escape(underHazard(cell.hazard))} (${evidence(cell)})${replay}`;
  });
  return [`Also violated:\n\n${lines.join('\n')}`];
}

function costLine(lock: LockReport): readonly string[] {
  const { acquire } = lock.latency;
  const quantiles =
    acquire === undefined ? '' : `p50 ${milliseconds(acquire.p50)}, p99 ${milliseconds(acquire.p99)} ms`;
  const parts = [acquire === undefined ? '' : `acquire ${quantiles} of ${count(acquire.count)}`, ratesPhrase(lock)];
  const measured = parts.filter((part) => part !== '').join('; ');
  const unmet = (lock.thresholds ?? []).filter(({ verdict }) => verdict !== 'met');
  const met = (lock.thresholds ?? []).length - unmet.length;
  return [
    ...(measured === '' ? [] : [`Cost: ${measured}.`]),
    ...unmet.map((threshold) => {
      const { standing, word } = THRESHOLD_VERDICTS[threshold.verdict];
      return `**${MARKS[standing].mark} ${word}:** ${code(threshold.expression)}, ${escape(measuredPhrase(threshold))}.`;
    }),
    ...(met === 0 ? [] : [`${MARKS.holds.mark} ${counted(met, 'threshold')} met.`]),
  ];
}
