/**
 * The timeline of a counterexample as SVG: who held what when, what the faults did, and what was read and written.
 * Its colours are the style sheet's, so that it follows the page into the dark and onto paper.
 */
import type { Timeline } from '../../harness/report/report.ts';
import { hazardName, milliseconds, shortened } from '../wording.ts';
import {
  endOf,
  faultRows,
  lanesOf,
  overlapsOf,
  type Extent,
  type FaultWindow,
  type Holding,
  type Lane,
  type Overlap,
} from './lanes.ts';
import { markup, type Markup } from './markup.ts';
import { LEFT, RIGHT, WIDTH, round, scaleOf, widthOf, type Scale } from './scale.ts';
import { roundTicks } from './ticks.ts';
import { doorsOf, usesHeight, usesOf, type Door } from './uses.ts';

const FAULT_ROW = 24;
const HOLDING_ROW = 54;
const LANE_PADDING = 8;
const BAR = 16;
const AXIS = 34;
/** Room for text above a bar. */
const BAR_TOP = 24;

interface PlacedLane {
  readonly lane: Lane;
  readonly top: number;
  readonly height: number;
}

/** The hatchings, which every timeline of a page refers to: once on the page. */
export const TIMELINE_PATTERNS = markup`<svg class="unseen" aria-hidden="true"><defs>
<pattern id="tl-fault" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="3" height="7" class="hatch-fault"/></pattern>
<pattern id="tl-overlap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="2.5" height="6" class="hatch-overlap"/></pattern>
</defs></svg>`;

/** The drawing; `label` is its accessible name. `heldTwice` marks where two leases of the proof overlap. */
export function timelineSvg(timeline: Timeline, label: string, heldTwice: boolean): Markup {
  const scale = scaleOf(timeline);
  const faults = faultRows(timeline.faults, (fault) => faultLabel(fault, scale));
  const doors = doorsOf(timeline);
  const overlaps = heldTwice ? overlapsOf(timeline) : [];
  // Room for the name of an overlap.
  const faultsTop = overlaps.length === 0 ? 4 : 26;
  const faultsHeight = faults.length === 0 ? 0 : faults.length * FAULT_ROW + LANE_PADDING;
  let top = faultsTop + faultsHeight;
  const lanes = lanesOf(timeline).map((lane) => {
    const placed = { lane, top, height: laneHeight(lane, doors) };
    top += placed.height;
    return placed;
  });
  const bottom = top;
  const ofServers = timeline.faults.filter((fault) => lanes.every(({ lane }) => lane.worker !== fault.target));
  return markup`<svg class="timeline" viewBox="0 0 ${WIDTH} ${bottom + AXIS}" role="img" aria-label="${label}">
${lanes.map(({ lane, top: y, height }, index) => laneBackground(lane, y, height, index, scale))}
${ofServers.map((fault) => faultSpan(fault, faultsTop, bottom, scale))}
${axis(scale, faultsTop, bottom)}
${overlaps.map((overlap) => overlapBand(overlap, lanes, faultsTop, scale))}
${faults.flatMap((row, index) => row.map((fault) => faultBar(fault, faultsTop + index * FAULT_ROW, scale)))}
${faults.length === 0 ? undefined : markup`<text class="lane-name" x="0" y="${faultsTop + 15}">faults</text>`}
${lanes.flatMap(({ lane, top: y }) => lane.rows.flatMap((row, index) => row.map((holding) => holdingBar(holding, y + LANE_PADDING + index * HOLDING_ROW, scale))))}
${lanes.flatMap(({ lane, top: y }) => usesOf(lane, doors, y + LANE_PADDING + lane.rows.length * HOLDING_ROW, scale))}
</svg>`;
}

function laneHeight(lane: Lane, doors: readonly Door[]): number {
  return LANE_PADDING * 2 + lane.rows.length * HOLDING_ROW + usesHeight(lane, doors) - 8;
}

function laneBackground(lane: Lane, top: number, height: number, index: number, scale: Scale): Markup {
  return markup`<rect class="${index % 2 === 0 ? 'lane' : 'lane odd'}" x="0" y="${top}" width="${WIDTH}" height="${height}"/>
<text class="lane-name" x="8" y="${top + LANE_PADDING + BAR_TOP + 12}">${shortened(lane.worker, 14)}</text>
${lane.faults.map((fault) => markup`<rect class="fault-lane" fill="url(#tl-fault)" x="${scale.x(fault.fromMs)}" y="${top}" width="${widthOf(fault.fromMs, fault.toMs, scale)}" height="${height}"/>`)}`;
}

/** What a fault of a server shades: every lane. A worker's own lane is shaded with the lane. */
function faultSpan(fault: FaultWindow, top: number, bottom: number, scale: Scale): Markup {
  return markup`<rect class="fault-all" fill="url(#tl-fault)" x="${scale.x(fault.fromMs)}" y="${top}" width="${widthOf(fault.fromMs, fault.toMs, scale)}" height="${bottom - top}"/>`;
}

interface FaultLabel extends Extent {
  readonly text: string;
  readonly x: number;
  readonly place: 'inside' | 'before' | 'after';
}

/** The name of a fault stands in its bar where it fits, else beside it. */
function faultLabel(fault: FaultWindow, scale: Scale): FaultLabel {
  const from = scale.x(fault.fromMs);
  const to = from + widthOf(fault.fromMs, fault.toMs, scale, 4);
  const text = `${hazardName(fault.hazard)}, ${shortened(fault.target, 24)}${fault.bit ? '' : ' (did not bite)'}`;
  const room = text.length * 7 + 12;
  if (to - from > room) return { text, place: 'inside', x: from + 6, from, to };
  if (to + room <= WIDTH - RIGHT) return { text, place: 'after', x: to + 6, from, to: to + room };
  return { text, place: 'before', x: from - 6, from: from - room, to };
}

function faultBar(fault: FaultWindow, top: number, scale: Scale): Markup {
  const { text, place, x } = faultLabel(fault, scale);
  return markup`<g><title>${text}: ${span(fault.fromMs, fault.toMs)}</title>
<rect class="${fault.bit ? 'fault' : 'fault missed'}" x="${scale.x(fault.fromMs)}" y="${top}" width="${widthOf(fault.fromMs, fault.toMs, scale, 4)}" height="18" rx="2"/>
<text class="${place === 'inside' ? 'fault-name inside' : 'fault-name'}" x="${round(x)}" y="${top + 13}" text-anchor="${place === 'before' ? 'end' : 'start'}">${text}</text></g>`;
}

function axis(scale: Scale, top: number, bottom: number): Markup {
  const ticks = roundTicks(scale.fromMs, scale.toMs, 8);
  return markup`<g class="axis">
${ticks.map((ms) => markup`<line x1="${scale.x(ms)}" x2="${scale.x(ms)}" y1="${top}" y2="${bottom + 5}"/><text x="${scale.x(ms)}" y="${bottom + 20}" text-anchor="middle">${Number(ms.toPrecision(12))}</text>`)}
<text x="${LEFT - 24}" y="${bottom + 20}" text-anchor="end">ms</text></g>`;
}

/** Where the same key was held twice: shaded in the lanes of the proof, with a line down from its name. */
function overlapBand({ fromMs, toMs }: Overlap, lanes: readonly PlacedLane[], top: number, scale: Scale): Markup {
  const x = scale.x(fromMs);
  const width = widthOf(fromMs, toMs, scale);
  const middle = round(Math.min(Math.max(x + width / 2, LEFT + 60), WIDTH - RIGHT - 60));
  const involved = lanes.filter(({ lane }) => lane.rows.some((row) => row.some(({ inWitness }) => inWitness)));
  const bottom = Math.max(...involved.map((placed) => placed.top + placed.height));
  const edge = (at: number): Markup =>
    markup`<line class="overlap-edge" x1="${at}" x2="${at}" y1="22" y2="${bottom}"/>`;
  return markup`<g><title>Held twice: ${span(fromMs, toMs)}</title>
<rect class="overlap-top" x="${x}" y="22" width="${width}" height="${top - 22}"/>
${involved.map((placed) => markup`<rect fill="url(#tl-overlap)" x="${x}" y="${placed.top}" width="${width}" height="${placed.height}"/>`)}
${edge(x)}${edge(round(x + width))}
<text class="overlap-name" x="${middle}" y="16" text-anchor="middle">held twice, ${milliseconds(toMs - fromMs)} ms</text></g>`;
}

const ENDINGS: Readonly<Record<Holding['ending'], string>> = {
  released: 'released',
  lost: 'release answered: lost',
  unknown: 'release unanswered',
  deadline: 'expired',
  crash: 'crashed',
  open: 'still held',
};

/** Waiting is a thin line, holding a bar, the way of the release a thin line again. */
function holdingBar(holding: Holding, top: number, scale: Scale): Markup {
  const { lease, fence, requestedMs, grantedMs, endedMs, inWitness } = holding;
  const y = top + BAR_TOP;
  const middle = y + BAR / 2;
  const x = scale.x(grantedMs);
  const width = widthOf(grantedMs, endedMs, scale);
  const name = `${shortened(lease, 12)}${fence === undefined ? '' : ` · fence ${shortened(fence, 20)}`}`;
  const full = `lease ${lease}${fence === undefined ? '' : `, fence ${fence}`}: held ${span(grantedMs, endedMs)}, ${ENDINGS[holding.ending]}`;
  const labelled = inWitness || width > name.length * 6.6;
  return markup`<g class="${inWitness ? 'holding witness' : 'holding'}"><title>${full}</title>
<line class="wait" x1="${scale.x(requestedMs)}" x2="${x}" y1="${middle}" y2="${middle}"/>
<line class="wait" x1="${x + width}" x2="${scale.x(endOf(holding))}" y1="${middle}" y2="${middle}"/>
<rect class="bar" x="${x}" y="${y}" width="${width}" height="${BAR}" rx="2"/>
${labelled ? markup`<text x="${x}" y="${y - 6}">${name}</text>` : undefined}
${endingMark(holding, middle, scale)}
${deadlineTick(holding, y, scale)}</g>`;
}

/** A cap where the release was answered, a cross for a crash, a word where the ending was not a good one. */
function endingMark(holding: Holding, middle: number, scale: Scale): Markup | undefined {
  const { ending, releasedMs } = holding;
  if (ending === 'deadline' || (ending === 'released' && releasedMs === undefined)) return undefined;
  // What ends beyond the picture shows no end.
  if (endOf(holding) > scale.toMs) return undefined;
  const x = scale.x(endOf(holding));
  if (ending === 'crash') return markup`<path class="cap" d="M${x - 5} ${middle - 5}l10 10m0-10l-10 10"/>`;
  const word = { released: '', lost: 'lost', unknown: '?', open: '…' }[ending];
  const atEdge = x > WIDTH - RIGHT - 24;
  const text = markup`<text class="ending" x="${atEdge ? x : x + 5}" y="${atEdge ? middle - 12 : middle + 4}" text-anchor="${atEdge ? 'end' : 'start'}">${word}</text>`;
  return markup`<line class="cap" x1="${x}" x2="${x}" y1="${middle - 5}" y2="${middle + 5}"/>${word === '' ? undefined : text}`;
}

/** Shown where it matters: in the proof, or where the lease outlasted it. A dotted line leads to one still to come. */
function deadlineTick(holding: Holding, y: number, scale: Scale): Markup | undefined {
  const { deadlineMs, endedMs, inWitness } = holding;
  if (deadlineMs === undefined || deadlineMs > scale.toMs || deadlineMs < scale.fromMs) return undefined;
  if (!inWitness && deadlineMs > endedMs) return undefined;
  const x = scale.x(deadlineMs);
  const end = scale.x(endOf(holding));
  const middle = y + BAR / 2;
  const lead = x > end ? markup`<line class="lead" x1="${end}" x2="${x}" y1="${middle}" y2="${middle}"/>` : undefined;
  const name = markup`<text class="deadline-name" x="${x}" y="${y + BAR + 16}" text-anchor="middle">deadline</text>`;
  return markup`${lead}<path class="deadline" d="M${x} ${y - 5}v${BAR + 10}m-4 ${-BAR - 10}h8"/>${inWitness ? name : undefined}`;
}

function span(fromMs: number, toMs: number): string {
  return `${milliseconds(fromMs)} to ${milliseconds(toMs)} ms`;
}
