/** The summary in the terminal: what was run, what held, what broke and how to see it again. What matters most last. */
import type { Cell, LockReport, Report } from '../harness/report/report.ts';
import { MARKS, evidence, standingOf, summaryBesideStory, untestedOf, violationsOf, type Untested } from './reading.ts';
import { loadPhrase, loadWarnings } from './load-phrases.ts';
import type { Reporter } from './reporter.ts';
import { costLines, overviewLines, thresholdLines } from './terminal/cost.ts';
import { MAX_WIDTH, hanging, wrap } from './terminal/layout.ts';
import { loadLines } from './terminal/load.ts';
import { matrixLines } from './terminal/matrix.ts';
import { comparisonBlocks } from './terminal/comparison.ts';
import { plain, type Paint, type Style } from './terminal/paint.ts';
import { printable } from './terminal/printable.ts';
import {
  EVIDENCE_LEGEND,
  backendPhrase,
  besidesOf,
  besideTitle,
  busyWarning,
  checkedPhrase,
  counted,
  duration,
  libraryPhrase,
  machinePhrase,
  supportedLines,
  searchPhrase,
  simulationWarning,
  underHazard,
} from './wording.ts';

export interface TerminalOptions {
  /** Columns; more than 100 are not used. Commands are never broken, so that they can be copied. */
  readonly width?: number;
  readonly paint?: Paint;
  /** Where the reports were written, to be shown at the end. */
  readonly folder?: string;
}

const LABEL_WIDTH = 10;
const MIN_WIDTH = 32;

type Block = readonly string[];

/** The whole summary, ending in a newline. Without `paint` it has no colour. */
export function renderTerminal(
  untrusted: Report,
  { width = MAX_WIDTH, paint = plain, folder }: TerminalOptions = {},
): string {
  const report = printable(untrusted);
  const columns = Math.max(Math.min(width, MAX_WIDTH), MIN_WIDTH);
  const several = report.locks.length > 1;
  const blocks: readonly Block[] = [
    runBlock(report, columns, paint),
    ...(report.comparison === undefined
      ? report.locks.flatMap((lock) => (several ? shortBlocks : lockBlocks)(lock, columns, paint))
      : [comparedBlock(report.locks, columns, paint)]),
    legendBlock(report, columns, paint),
    ...(report.comparison === undefined
      ? [several ? overviewLines(report.locks, columns, paint) : []]
      : comparisonBlocks(report.comparison, columns, paint)),
    ...report.locks.flatMap((lock) => violationBlocks(lock, columns, paint)),
    ...report.locks.flatMap((lock) => besideBlocks(lock, columns, paint)),
    ...report.locks.map((lock) => supportedBlock(lock, columns)),
    leftOutBlock(report, columns, paint),
    conclusionBlock(report, columns, paint, folder),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

/** As a file: without colour, at full width. */
export const terminalReporter: Reporter = {
  format: 'terminal',
  fileName: 'summary.txt',
  render: (report) => renderTerminal(report),
};

function field(label: string, text: string, width: number, paint: Paint): Block {
  const [first = '', ...rest] = hanging(label, text, width - 2, LABEL_WIDTH);
  return [
    `  ${paint('dim', first.slice(0, LABEL_WIDTH))}${first.slice(LABEL_WIDTH)}`,
    ...rest.map((line) => `  ${line}`),
  ];
}

function warning(title: string, text: string, width: number, paint: Paint): Block {
  const [first = '', ...rest] = hanging(`! ${title}`, text, width, title.length + 4);
  return [paint(['yellow', 'bold'], first.slice(0, title.length + 4)) + first.slice(title.length + 4), ...rest];
}

function runBlock(report: Report, width: number, paint: Paint): Block {
  const { machine } = report;
  const simulated = simulationWarning(report);
  return [
    paint('bold', `holdfast ${report.tool.version}`),
    ...field('run', report.run, width, paint),
    `  ${paint('dim', 'command'.padEnd(LABEL_WIDTH))}${report.command}`,
    ...field(
      'plan',
      `profile ${report.profile}, seed ${report.seed}, took ${duration(report.elapsedMs)}`,
      width,
      paint,
    ),
    ...field('machine', machinePhrase(report), width, paint),
    ...(simulated === undefined ? [] : warning('SIMULATED', simulated, width, paint)),
    ...(machine.tooBusyToJudge ? warning('TOO BUSY', busyWarning(machine.timerLatenessMs), width, paint) : []),
  ];
}

function lockBlocks(lock: LockReport, width: number, paint: Paint): readonly Block[] {
  const configured = Object.entries(lock.backend.settings).map(([name, value]) => `${name} ${value}`);
  const checked = checkedPhrase(lock);
  const load = `${counted(lock.workers, 'worker')}, lease ${duration(lock.leaseMs)}`;
  const head = [
    ...wrap(lock.name, width).map((line) => paint('bold', line)),
    ...field('what', lock.summary, width, paint),
    ...libraryField(lock, width, paint),
    ...backendField(lock, width, paint),
    ...(configured.length === 0 ? [] : field('settings', configured.join(', '), width, paint)),
    ...searchField(lock, width, paint),
    ...field('load', load + (checked === '' ? '' : `: ${checked}`), width, paint),
  ];
  return [
    head,
    matrixLines(lock, width, paint),
    untestedBlock(lock, width, paint),
    costLines(lock, width, paint),
    loadLines(lock, width, paint),
  ];
}

/** One of several locks: their costs stand side by side in the overview, the rest is in `report.html`. */
function shortBlocks(lock: LockReport, width: number, paint: Paint): readonly Block[] {
  return [
    [
      ...wrap(lock.name, width).map((line) => paint('bold', line)),
      ...libraryField(lock, width, paint),
      ...backendField(lock, width, paint),
      ...matrixLines(lock, width, paint),
      ...loadLines(lock, width, paint),
      ...thresholdLines(lock, width, paint),
    ],
  ];
}

/** The locks of a comparison stand in its tables; here is what they had to do, and what must not be overlooked. */
function comparedBlock(locks: readonly LockReport[], width: number, paint: Paint): Block {
  const loads = [...new Set(locks.flatMap(({ load }) => (load === undefined ? [] : [loadPhrase(load)])))];
  const warnings = locks.flatMap((lock) => loadWarnings(lock).map((text) => `${lock.name}: ${text}`));
  return [
    ...loads.flatMap((text) => field('load', text, width, paint)),
    ...warnings.flatMap((text) => warning('', text, width, paint)),
    ...locks.flatMap((lock) => thresholdLines(lock, width, paint)),
  ];
}

function libraryField(lock: LockReport, width: number, paint: Paint): Block {
  const phrase = libraryPhrase(lock);
  return phrase === undefined ? [] : field('library', phrase, width, paint);
}

function backendField(lock: LockReport, width: number, paint: Paint): Block {
  const { provisionerReason } = lock.backend;
  return field(
    'on',
    backendPhrase(lock) + (provisionerReason === undefined ? '' : ` (${provisionerReason})`),
    width,
    paint,
  );
}

function searchField(lock: LockReport, width: number, paint: Paint): Block {
  const searched = searchPhrase(lock);
  return searched === undefined ? [] : field('search', searched, width, paint);
}

const UNTESTED_MARKS: Readonly<Record<Untested['standing'], string>> = {
  inconclusive: MARKS.inconclusive.mark,
  'not-judged': MARKS['not-judged'].mark,
  'not-testable': '–',
};

function untestedBlock(lock: LockReport, width: number, paint: Paint): Block {
  const untested = untestedOf(lock);
  if (untested.length === 0) return [];
  return [
    paint('bold', '  Not tested here, and why'),
    ...untested.flatMap(({ standing, what, reason }) => {
      const lines = hanging(`  ${UNTESTED_MARKS[standing]}`, `${what}: ${reason}`, width, 4);
      return standing === 'inconclusive' ? lines.map((line) => paint('yellow', line)) : lines;
    }),
  ];
}

function legendBlock(report: Report, width: number, paint: Paint): Block {
  if (report.comparison !== undefined) return [];
  const standings = new Set(report.locks.flatMap((lock) => lock.cells.map(standingOf)));
  if (!standings.has('holds') && !standings.has('violated')) return [];
  return wrap(EVIDENCE_LEGEND, width - 2).map((line) => paint('dim', `  ${line}`));
}

/** For each property the first violation with its story, the others by name; each with the command that replays it. */
function violationBlocks(lock: LockReport, width: number, paint: Paint): readonly Block[] {
  return violationsOf(lock).map(({ first, others }) => [
    ...violationTitle(`${lock.name}: ${first.property} VIOLATED`, first, width, paint),
    ...wrapped(summaryBesideStory(first.witness), width),
    ...(first.witness?.story ?? []).flatMap((line, index) => hanging(`    ${index + 1}.`, line, width, 7)),
    ...replayLine(first, paint),
    ...others.flatMap((cell) => [...violationTitle('also', cell, width, paint), ...replayLine(cell, paint)]),
  ]);
}

function besideBlocks(lock: LockReport, width: number, paint: Paint): readonly Block[] {
  return besidesOf(lock).map((beside) => [
    ...hanging(MARKS.violated.mark, besideTitle(lock.name, beside), width, 2).map((line) =>
      paint(['red', 'bold'], line),
    ),
    ...beside.story.flatMap((line, index) => hanging(`    ${index + 1}.`, line, width, 7)),
    ...replayLine(beside, paint),
  ]);
}

function wrapped(text: string | undefined, width: number): Block {
  return text === undefined ? [] : wrap(text, width - 2).map((line) => `  ${line}`);
}

function violationTitle(title: string, cell: Cell, width: number, paint: Paint): Block {
  const text = `${title} ${underHazard(cell.hazard)} (${evidence(cell)})`;
  return hanging(MARKS.violated.mark, text, width, 2).map((line) => paint(['red', 'bold'], line));
}

function replayLine({ replay }: Pick<Cell, 'replay'>, paint: Paint): Block {
  return replay === undefined ? [] : [`  ${paint('dim', 'replay')}  ${paint('bold', replay)}`];
}

/** Of a lock that claims nothing, to be pasted: never broken. */
function supportedBlock(lock: LockReport, width: number): Block {
  const lines = supportedLines(lock);
  if (lines.length === 0) return [];
  return [...wrap(`Claims that ${lock.name} could make by what was tried here:`, width), ...lines];
}

function leftOutBlock({ leftOut = [] }: Report, width: number, paint: Paint): Block {
  if (leftOut.length === 0) return [];
  const lines = leftOut.flatMap(({ name, reason }) => hanging('  –', `${name}: ${reason}`, width, 4));
  return [paint('bold', 'Locks that could not be run here, and why'), ...lines];
}

function conclusionBlock(report: Report, width: number, paint: Paint, folder?: string): Block {
  const { mark, style } = outcomeOf(report.exitCode);
  return [
    ...hanging(mark, report.conclusion, width, 2).map((line) => paint(style, line)),
    `  ${paint('dim', 'exit code')}  ${report.exitCode}`,
    ...(folder === undefined ? [] : [`  ${paint('dim', 'report')}     ${folder}/report.html`]),
  ];
}

function outcomeOf(exitCode: number): { readonly mark: string; readonly style: Style } {
  if (exitCode === 0) return { mark: MARKS.holds.mark, style: ['green', 'bold'] };
  if (exitCode === 4) return { mark: MARKS.inconclusive.mark, style: ['yellow', 'bold'] };
  return { mark: MARKS.violated.mark, style: ['red', 'bold'] };
}
