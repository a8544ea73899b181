/** One broken claim: its story, its timeline, the events that prove it and the command that shows it again. */
import type { Cell, LockReport, Timeline } from '../../harness/report/report.ts';
import { MARKS, evidence, summaryBesideStory } from '../reading.ts';
import { besideTitle, hazardName, milliseconds, underHazard, type Beside } from '../wording.ts';
import { commandBox } from './command.ts';
import { markup, type Markup } from './markup.ts';
import { timelineSvg } from './timeline.ts';
import { useText } from './uses.ts';

/** `anchor` is its place on the page. */
export function counterexample(lock: LockReport, cell: Cell, anchor: string): Markup {
  return markup`<article class="counterexample" id="${anchor}" aria-labelledby="${anchor}-title">
${title(cell, anchor)}${body(lock, cell)}</article>`;
}

/** The same, opened by the reader: a further case of what a counterexample above it shows. */
export function foldedCounterexample(lock: LockReport, cell: Cell, anchor: string): Markup {
  return markup`<details class="counterexample folded"><summary>${title(cell, anchor)}</summary>
<article id="${anchor}" aria-labelledby="${anchor}-title">${body(lock, cell)}</article></details>`;
}

/** What no lock may do, whatever it claims. */
export function besideArticle(lock: LockReport, beside: Beside, anchor: string): Markup {
  return markup`<article class="counterexample" id="${anchor}" aria-labelledby="${anchor}-title">
<h4 id="${anchor}-title"><span class="mark" aria-hidden="true">${MARKS.violated.mark}</span> ${besideTitle(lock.name, beside)}</h4>
<ol class="story">${beside.story.map((line) => markup`<li>${line}</li>`)}</ol>
${commandBox('Replay it', beside.replay)}</article>`;
}

/** What breaks no promise, opened by the reader. */
export function example(lock: LockReport, cell: Cell): Markup {
  return markup`<details><summary>An example</summary>${body(lock, cell)}</details>`;
}

function title(cell: Cell, anchor: string): Markup {
  return markup`<h4 id="${anchor}-title"><span class="mark" aria-hidden="true">${MARKS.violated.mark}</span> ${cell.property} violated ${underHazard(cell.hazard)}</h4>`;
}

function body(lock: LockReport, cell: Cell): Markup {
  const { witness, replay } = cell;
  const story = witness?.story.map((line) => markup`<li>${line}</li>`) ?? [];
  const of = `${lock.name}, ${cell.property} ${underHazard(cell.hazard)}`;
  return markup`<p>${summaryBesideStory(witness)} <span class="muted">${evidence(cell)}.</span></p>
${story.length === 0 ? undefined : markup`<ol class="story">${story}</ol>`}
${witness?.timeline === undefined ? undefined : timelineFigure(witness.timeline, of, cell.property === 'exclusion')}
${replay === undefined ? undefined : commandBox('Replay it', replay)}
${witness === undefined || witness.events.length === 0 ? undefined : events(witness.events)}`;
}

/** Only of a broken exclusion is it said that a key was held twice: elsewhere leases may end for other reasons. */
function timelineFigure(timeline: Timeline, of: string, heldTwice: boolean): Markup {
  const label = `Timeline of ${of}, key ${timeline.key}; the table below it says the same`;
  return markup`<figure>
<div class="scroll" tabindex="0" role="region" aria-label="${label}">${timelineSvg(timeline, label, heldTwice)}</div>
<figcaption>${legend(timeline)}</figcaption>
</figure>
<details><summary>The timeline as a table</summary>${timelineTable(timeline)}</details>`;
}

function legendEntry(sample: Markup, text: string): Markup {
  return markup`<li><svg class="timeline sample" viewBox="0 0 28 16" aria-hidden="true">${sample}</svg>${text}</li>`;
}

function legend({ key, faults, uses, holdings }: Timeline): Markup {
  const used = (what: 'read' | 'write'): boolean => uses.some(({ use, accepted }) => accepted && use === what);
  const refused = uses.some(({ accepted }) => !accepted);
  return markup`<ul class="legend">
<li class="muted">Key “${key}”, milliseconds since the plan began</li>
${legendEntry(markup`<g class="holding witness"><rect class="bar" x="2" y="2" width="24" height="12" rx="2"/></g>`, 'held, in the proof')}
${holdings.every(({ inWitness }) => inWitness) ? undefined : legendEntry(markup`<g class="holding"><rect class="bar" x="2" y="2" width="24" height="12" rx="2"/></g>`, 'held')}
${legendEntry(markup`<g class="holding"><line class="wait" x1="2" x2="26" y1="8" y2="8"/></g>`, 'asking, or giving back')}
${legendEntry(markup`<path class="deadline" d="M14 1v14m-4 -14h8"/>`, 'deadline')}
${faults.length === 0 ? undefined : legendEntry(markup`<rect class="fault" x="2" y="2" width="24" height="12" rx="2"/>`, 'fault')}
${used('read') ? legendEntry(markup`<g class="use"><circle class="read" cx="14" cy="8" r="4"/></g>`, 'read') : undefined}
${used('write') ? legendEntry(markup`<g class="use"><rect class="write" x="10" y="4" width="8" height="8"/></g>`, 'write') : undefined}
${refused ? legendEntry(markup`<g class="use"><path class="refused" d="M10 4l8 8m0-8l-8 8"/></g>`, 'refused') : undefined}
</ul>`;
}

function timelineTable({ holdings, faults, uses }: Timeline): Markup {
  const rows = [
    ...faults.map(({ hazard, target, fromMs, toMs, bit }) => ({
      atMs: fromMs,
      who: target,
      what: `${hazardName(hazard)} until ${milliseconds(toMs)} ms${bit ? '' : ', did not bite'}`,
    })),
    ...holdings.map(({ worker, lease, fence, grantedMs, endedMs, deadlineMs, ending }) => ({
      atMs: grantedMs,
      who: worker,
      what:
        `holds lease ${lease}${fence === undefined ? '' : ` (fence ${fence})`} until ${milliseconds(endedMs)} ms` +
        `${deadlineMs === undefined ? '' : `, deadline ${milliseconds(deadlineMs)} ms`}; ${ending}`,
    })),
    ...uses.map((use) => ({ atMs: use.atMs, who: use.worker, what: useText(use) })),
  ].toSorted((a, b) => a.atMs - b.atMs);
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Timeline as a table"><table>
<thead><tr><th scope="col" class="number">ms</th><th scope="col">who</th><th scope="col">what</th></tr></thead>
<tbody>${rows.map(({ atMs, who, what }) => markup`<tr><td class="number">${milliseconds(atMs)}</td><td>${who}</td><td>${what}</td></tr>`)}</tbody>
</table></div>`;
}

function events(all: readonly Readonly<Record<string, unknown>>[]): Markup {
  const lines = all.map((event) => JSON.stringify(event)).join('\n');
  return markup`<details><summary>The events that prove it</summary><pre tabindex="0"><code>${lines}</code></pre></details>`;
}
