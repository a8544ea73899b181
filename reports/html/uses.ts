/** What the holders did to the resource, as marks below their bars: one row for each door that was used. */
import type { Timeline } from '../../harness/report/report.ts';
import { milliseconds } from '../wording.ts';
import type { Lane, ResourceUse } from './lanes.ts';
import { markup, type Markup } from './markup.ts';
import type { Scale } from './scale.ts';

const USE_ROW = 26;
/** Labels nearer to each other than this would run into one another. */
const LABEL_GAP = 34;

export type Door = ResourceUse['door'];

/** The doors that were used, in a fixed order. */
export function doorsOf({ uses }: Timeline): readonly Door[] {
  return (['plain', 'fenced'] as const).filter((door) => uses.some((use) => use.door === door));
}

export function usesHeight(lane: Lane, doors: readonly Door[]): number {
  return lane.uses.length === 0 ? 0 : doors.length * USE_ROW;
}

export function usesOf(lane: Lane, doors: readonly Door[], top: number, scale: Scale): readonly Markup[] {
  if (lane.uses.length === 0) return [];
  return doors.map((door, index) => {
    const y = top + index * USE_ROW;
    const name = doors.length < 2 ? undefined : markup`<text class="door" x="8" y="${y + 4}">${door} door</text>`;
    let labelledX = -Infinity;
    const marks = lane.uses
      .filter((use) => use.door === door)
      .map((use) => {
        const x = scale.x(use.atMs);
        const labelled = use.inWitness && x - labelledX >= LABEL_GAP;
        if (labelled) labelledX = x;
        return useMark(use, x, y, labelled);
      });
    return markup`${name}${marks}`;
  });
}

/** A read is a ring, a write a filled square, a refused use a cross. */
function useMark(use: ResourceUse, x: number, y: number, labelled: boolean): Markup {
  const values = use.from === undefined ? `${use.to}` : `${use.from}→${use.to}`;
  const label = labelled ? markup`<text x="${x}" y="${y + 16}" text-anchor="middle">${values}</text>` : undefined;
  return markup`<g class="${use.inWitness ? 'use witness' : 'use'}"><title>${useText(use)}</title>${useShape(use, x, y)}${label}</g>`;
}

function useShape({ use, accepted }: ResourceUse, x: number, y: number): Markup {
  if (!accepted) return markup`<path class="refused" d="M${x - 4} ${y - 4}l8 8m0-8l-8 8"/>`;
  if (use === 'read') return markup`<circle class="read" cx="${x}" cy="${y}" r="4"/>`;
  return markup`<rect class="write" x="${x - 4}" y="${y - 4}" width="8" height="8"/>`;
}

/** `writes 16 → 17 through the plain door at 1505 ms, refused`. */
export function useText({ use, from, to, door, atMs, accepted }: ResourceUse): string {
  const values = from === undefined ? `${to}` : `${from} → ${to}`;
  return `${use === 'read' ? 'reads' : 'writes'} ${values} through the ${door} door at ${milliseconds(atMs)} ms${accepted ? '' : ', refused'}`;
}
