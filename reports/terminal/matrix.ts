/** The matrix row of a lock in the terminal: about a line a property, exceptions by name. */
import type { Cell, LockReport } from '../../harness/report/report.ts';
import {
  MARKS,
  evidence,
  leastTried,
  observationOf,
  observationsOf,
  rowsOf,
  triesOf,
  unbroken,
  type PropertyRow,
  type Standing,
} from '../reading.ts';
import { counted, hazardName, underHazards } from '../wording.ts';
import { hanging } from './layout.ts';
import type { Paint, Style } from './paint.ts';

const COLOURS: Readonly<Record<Standing, Style>> = {
  violated: ['red', 'bold'],
  inconclusive: 'yellow',
  holds: 'green',
  'not-promised': 'cyan',
  'not-judged': 'dim',
  'not-applicable': 'dim',
};

/** Terminals narrower than this get the property on a line of its own. */
const NARROW = 76;
const PROPERTY_WIDTH = 18;

export function matrixLines(lock: LockReport, width: number, paint: Paint): readonly string[] {
  const rows = rowsOf(lock);
  const idle = rows.filter((row) => row.groups.every(({ standing }) => standing === 'not-applicable'));
  const lines = rows.filter((row) => !idle.includes(row)).flatMap((row) => rowLines(row, width, paint));
  if (idle.length === 0) return lines;
  const { mark, word } = MARKS['not-applicable'];
  const names = idle.map((row) => row.property).join(', ');
  return [...lines, ...hanging('', `${mark} ${word}: ${names}`, width, 2).map((line) => paint('dim', line))];
}

function rowLines(row: PropertyRow, width: number, paint: Paint): readonly string[] {
  const narrow = width < NARROW;
  const gutter = narrow ? 4 : 2 + PROPERTY_WIDTH;
  const groups = row.groups.filter(({ standing }) => standing !== 'not-applicable');
  const told = groups.filter(({ standing }) => standing !== 'not-judged');
  const lines = (told.length > 0 ? told : groups).flatMap(({ standing, cells }) => {
    const { mark, word } = MARKS[standing];
    const head = `${mark} ${word}  `;
    return SENTENCES[standing](cells).flatMap((text, index) => {
      const [first = '', ...rest] = hanging(index === 0 ? head : '', text, width - gutter, head.length);
      return [paint(COLOURS[standing], first.slice(0, head.length)) + first.slice(head.length), ...rest];
    });
  });
  if (narrow) return [`  ${paint('bold', row.property)}`, ...lines.map((line) => `    ${line}`.trimEnd())];
  return lines.map((line, index) => {
    const name = index === 0 ? row.property : '';
    return `  ${paint('bold', name.padEnd(PROPERTY_WIDTH))}${line}`.trimEnd();
  });
}

/** What there is to say about the cells of one standing: a sentence, and one for each exception. */
const SENTENCES: Readonly<Record<Standing, (cells: readonly Cell[]) => readonly string[]>> = {
  violated: violatedSentences,
  inconclusive: (cells) => [underHazards(cells, 4)],
  holds: heldSentences,
  'not-promised': notPromisedSentences,
  'not-judged': (cells) => [underHazards(cells, 4)],
  'not-applicable': () => [],
};

/** Each by name, unless there are many: their names stand with their replay commands further down. */
function violatedSentences(cells: readonly Cell[]): readonly string[] {
  if (cells.length > 3) return [underHazards(cells)];
  return cells.map((cell) => `${underHazards([cell])}: ${evidence(cell)}`);
}

function heldSentences(cells: readonly Cell[]): readonly string[] {
  const refusing = cells.filter((cell) => cell.claim === 'unavailable');
  const refuses = refusing.length === 0 ? [] : [`but may refuse service ${underHazards(refusing)}`];
  // Whoever holds under faults and without them: the runs without faults would only blur the count.
  const faulty = cells.filter((cell) => cell.hazard !== 'none');
  const [first = cells[0], second] = faulty;
  if (first === undefined) return refuses;
  const seen = observationsOf(cells).map(({ seen: what, cells: members }) => `seen ${underHazards(members)}: ${what}`);
  if (second === undefined) return [`${underHazards([first])}: ${evidence(first)}`, ...refuses, ...seen];
  const tries = faulty.reduce((sum, cell) => sum + triesOf(cell), 0);
  const least = leastTried(faulty) ?? first;
  const weakest = `${hazardName(least.hazard)} ${unbroken(triesOf(least))}`;
  return [
    `0 of ${counted(tries, 'try', 'tries')}, ${counted(faulty.length, 'hazard')}; least: ${weakest}`,
    ...refuses,
    ...seen,
  ];
}

function notPromisedSentences(cells: readonly Cell[]): readonly string[] {
  const held = cells.filter((cell) => cell.verdict === 'holds' && observationOf(cell) === undefined);
  const unknown = cells.filter((cell) => cell.verdict === 'inconclusive');
  const tries = held.reduce((sum, cell) => sum + triesOf(cell), 0);
  return [
    ...observationsOf(cells).map(({ seen, cells: members }) => `${underHazards(members)}: ${seen}`),
    ...(held.length === 0 ? [] : [`${underHazards(held)}: held all the same, 0 of ${counted(tries, 'try', 'tries')}`]),
    ...(unknown.length === 0 ? [] : [`${underHazards(unknown)}: not exercised`]),
  ];
}
