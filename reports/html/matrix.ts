/** The matrix row of a lock as a table: hazards down, properties across, one cell for each claim. */
import type { Cell, LockReport } from '../../harness/report/report.ts';
import {
  MARKS,
  evidence,
  hazardsOf,
  observationOf,
  observationsOf,
  rowsOf,
  standingOf,
  untestedOf,
  type Standing,
} from '../reading.ts';
import { hazardName, underHazard, underHazards } from '../wording.ts';
import { markup, type Markup } from './markup.ts';

/** `anchor` names the place of a counterexample on the page. */
export function matrixTable(lock: LockReport, anchor: (cell: Cell) => string): Markup | undefined {
  const rows = rowsOf(lock);
  const idle = rows.filter(({ groups }) => groups.every(({ standing }) => standing === 'not-applicable'));
  const properties = rows.filter((row) => !idle.includes(row)).map(({ property }) => property);
  if (properties.length === 0) return undefined;
  const cells = new Map(lock.cells.map((cell) => [`${cell.property} ${cell.hazard}`, cell]));
  const body = hazardsOf(lock)
    .filter((hazard) => wasTried(lock, hazard))
    .map((hazard) => {
      const inRow = properties.map((property) => tableCell(cells.get(`${property} ${hazard}`), anchor));
      return markup`<tr><th scope="row">${hazardName(hazard)}</th>${inRow}</tr>`;
    });
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Claims of ${lock.name}">
<table class="matrix"><caption class="unseen">Claims of ${lock.name}: hazards in rows, properties in columns</caption>
<thead><tr><th scope="col">hazard</th>${properties.map((property) => markup`<th scope="col">${property}</th>`)}</tr></thead>
<tbody>
${body}
</tbody></table></div>
${idle.length === 0 ? undefined : markup`<p class="small">Not applicable to this lock: ${idle.map(({ property }) => property).join(', ')}.</p>`}`;
}

/** A row in which nothing was tried says nothing: its hazard is listed, with the reason, below the table. */
function wasTried(lock: LockReport, hazard: string): boolean {
  const cells = lock.cells.filter((cell) => cell.hazard === hazard && cell.claim !== 'not-applicable');
  return cells.some((cell) => cell.verdict !== 'inconclusive' || !cell.exempt);
}

function tableCell(cell: Cell | undefined, anchor: (cell: Cell) => string): Markup {
  if (cell === undefined) return markup`<td class="none"></td>`;
  const standing = standingOf(cell);
  const { mark, word } = MARKS[standing];
  const verdict = markup`<span class="verdict"><span class="mark" aria-hidden="true">${mark}</span> ${word}</span>`;
  const shown = standing === 'violated' ? markup`<a href="#${anchor(cell)}">${verdict}</a>` : verdict;
  const refuses = cell.claim === 'unavailable' ? markup`<span class="evidence">may refuse service</span>` : undefined;
  const details = briefly(cell, standing);
  return markup`<td class="${standing}" title="${sentence(cell, standing)}">${shown}${details === '' ? undefined : markup`<span class="evidence">${details}</span>`}${refuses}</td>`;
}

function briefly(cell: Cell, standing: Standing): string {
  if (standing === 'not-judged' || standing === 'not-applicable') return '';
  if (standing !== 'not-promised') return evidence(cell);
  if (cell.verdict === 'holds') return observationOf(cell) === undefined ? 'held all the same' : 'see below';
  return cell.verdict === 'violated' ? 'broke, see below' : 'not exercised';
}

const CLAIMS: Readonly<Record<Cell['claim'], string>> = {
  holds: 'it holds',
  unavailable: 'safe, but may refuse service',
  'not-promised': 'nothing',
  'not-applicable': 'nothing',
};

/** The whole cell in words, for the tooltip. */
function sentence(cell: Cell, standing: Standing): string {
  if (standing === 'not-applicable') return `${cell.property} ${underHazard(cell.hazard)}: not applicable`;
  const faults = cell.hazard === 'none' ? '' : `, ${cell.faultsBitten} of ${cell.faultsApplied} faults took effect`;
  return [
    `${cell.property} ${underHazard(cell.hazard)}`,
    `Claimed: ${CLAIMS[cell.claim]}`,
    `Verdict: ${cell.verdict} (${evidence(cell)})`,
    `${cell.runs} runs, ${cell.operations} operations judged${faults}`,
    ...(cell.note === undefined ? [] : [cell.note]),
  ].join('\n');
}

/**
 * What was seen that breaks no promise: not a fault of the lock, but what its users must know. `example` draws the
 * counterexample of a cell that has one.
 */
export function observations(lock: LockReport, example: (cell: Cell) => Markup): Markup | undefined {
  const items = [...Map.groupBy(lock.cells, ({ property }) => property)].flatMap(([property, cells]) =>
    observationsOf(cells).map(({ seen, cells: members }) => {
      const shown = members.find(({ witness }) => witness !== undefined);
      return markup`<dt>${property} ${underHazards(members)}</dt><dd>${seen}</dd>${shown === undefined ? undefined : markup`<dd class="wide">${example(shown)}</dd>`}`;
    }),
  );
  if (items.length === 0) return undefined;
  return markup`<h3>Seen where nothing is promised</h3><dl class="notes">${items}</dl>`;
}

/** What was not tested, and why. */
export function untestedList(lock: LockReport): Markup | undefined {
  const untested = untestedOf(lock);
  if (untested.length === 0) return undefined;
  const items = untested.map(({ standing, what, reason }) => {
    const counts = standing === 'inconclusive' ? ' Counts towards the exit code.' : '';
    return markup`<dt>${what}</dt><dd>${reason}.${counts}</dd>`;
  });
  return markup`<h3>Not tested here</h3><dl class="notes">${items}</dl>`;
}
