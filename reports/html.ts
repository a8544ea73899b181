/** `report.html`: the whole report in one file that needs no network, for screens light and dark, small, and paper. */
import type { Cell, LockReport, Report } from '../harness/report/report.ts';
import { commandBox } from './html/command.ts';
import { comparisonSection } from './html/comparison.ts';
import { acquireComparison, costSection } from './html/cost.ts';
import { besideArticle, counterexample, example, foldedCounterexample } from './html/counterexample.ts';
import { loadSection } from './html/load.ts';
import { markup, trusted, type Markup } from './html/markup.ts';
import { matrixTable, observations, untestedList } from './html/matrix.ts';
import { SCRIPT } from './html/script.ts';
import { STYLE } from './html/style.ts';
import { TIMELINE_PATTERNS } from './html/timeline.ts';
import { MARKS, tally, violationsOf } from './reading.ts';
import type { Reporter } from './reporter.ts';
import {
  besidesOf,
  type Beside,
  EVIDENCE_LEGEND,
  backendPhrase,
  libraryPhrase,
  busyWarning,
  checkedPhrase,
  count,
  counted,
  duration,
  isSimulated,
  machinePhrase,
  moment,
  searchPhrase,
  simulationWarning,
} from './wording.ts';

/** Nothing is fetched, whatever a report contains. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export function renderHtml(report: Report): string {
  const names = report.locks.map(({ name }) => name).join(', ');
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${names === '' ? '' : `${names}: `}Holdfast report</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
${TIMELINE_PATTERNS}
<a class="skip" href="#main">Skip to the results</a>
<header>${pageHeader(report)}</header>
<main id="main" tabindex="-1">
${report.comparison === undefined ? undefined : comparisonSection(report.comparison, report.locks)}
${report.locks.length > 1 ? overview(report.locks) : undefined}
${report.locks.map((lock, index) => lockSection(lock, `lock-${index + 1}`))}
</main>
<footer>${pageFooter(report)}</footer>
<script>${trusted(SCRIPT)}</script>
</body>
</html>
`.text;
}

export const htmlReporter: Reporter = { format: 'html', fileName: 'report.html', render: renderHtml };

function pageHeader(report: Report): Markup {
  const { machine } = report;
  const outcome = report.exitCode === 0 ? 'holds' : report.exitCode === 4 ? 'inconclusive' : 'violated';
  const simulated = simulationWarning(report);
  return markup`<p class="brand">Holdfast <span>${report.run}</span></p>
<h1 class="${outcome}"><span class="mark" aria-hidden="true">${MARKS[outcome].mark}</span><span>${report.conclusion}</span></h1>
<p class="facts">Exit code ${report.exitCode} · profile ${report.profile} · seed ${report.seed} · ${duration(report.elapsedMs)} · ${moment(report.startedAt)}</p>
${simulated === undefined ? undefined : markup`<p class="warning"><strong>Simulated.</strong> ${simulated}</p>`}
${machine.tooBusyToJudge ? markup`<p class="warning"><strong>Too busy.</strong> ${busyWarning(machine.timerLatenessMs)}</p>` : undefined}`;
}

function overview(locks: readonly LockReport[]): Markup {
  const rows = locks.map((lock, index) => {
    const { violated, inconclusive, holds } = tally(lock);
    const broken =
      violated === 0
        ? markup`<td class="number">0</td>`
        : markup`<td class="number violated"><span class="verdict">✗ ${violated}</span></td>`;
    return markup`<tr><th scope="row"><a href="#lock-${index + 1}">${lock.name}</a></th><td>${backendPhrase(lock)}</td>${broken}<td class="number">${inconclusive}</td><td class="number">${holds}</td><td class="number">${cyclesPerSecond(lock)}</td></tr>`;
  });
  return markup`<section aria-labelledby="overview"><h2 id="overview">Overview</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Overview of the locks"><table>
<thead><tr><th scope="col">lock</th><th scope="col">on</th><th scope="col" class="number">violated</th><th scope="col" class="number">inconclusive</th><th scope="col" class="number">holds</th><th scope="col" class="number">cycles/s</th></tr></thead>
<tbody>${rows}</tbody></table></div>
${acquireComparison(locks)}</section>`;
}

function cyclesPerSecond(lock: LockReport): string {
  if (isSimulated(lock)) return 'simulated';
  return lock.throughput === undefined ? '' : count(Math.round(lock.throughput));
}

function lockSection(lock: LockReport, id: string): Markup {
  const violations = violationsOf(lock);
  const broken = violations.flatMap(({ first, others }) => [first, ...others]);
  const anchor = (cell: Cell): string => `${id}-violation-${broken.indexOf(cell) + 1}`;
  const matrix = matrixTable(lock, anchor);
  return markup`<section class="lock" aria-labelledby="${id}"><h2 id="${id}">${lock.name}</h2>
<p class="summary">${lock.summary}</p>
${whatWasRun(lock)}
${broken.length === 0 ? undefined : markup`<h3>${broken.length === 1 ? 'Counterexample' : 'Counterexamples'}</h3>${violations.map(({ first, others }) => markup`${counterexample(lock, first, anchor(first))}${others.map((cell) => foldedCounterexample(lock, cell, anchor(cell)))}`)}`}
${besideList(lock, id, 'lock', 'What no lock may do')}
${besideList(lock, id, 'application', 'What the application did')}
${matrix === undefined ? undefined : markup`<h3>Claims</h3>${matrix}<p class="small">${EVIDENCE_LEGEND}</p>`}
${observations(lock, (cell) => example(lock, cell))}
${untestedList(lock)}
${costSection(lock, id)}
${loadSection(lock, id)}
</section>`;
}

function besideList(lock: LockReport, id: string, by: Beside['by'], heading: string): Markup | undefined {
  const besides = besidesOf(lock).filter((beside) => beside.by === by);
  if (besides.length === 0) return undefined;
  const anchor = by === 'lock' ? 'breach' : 'application';
  return markup`<h3>${heading}</h3>${besides.map((beside, index) => besideArticle(lock, beside, `${id}-${anchor}-${index + 1}`))}`;
}

function whatWasRun(lock: LockReport): Markup {
  const { provisionerReason, settings } = lock.backend;
  const configured = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  const checked = checkedPhrase(lock);
  const searched = searchPhrase(lock);
  return definitions([
    ...[libraryPhrase(lock)].flatMap((phrase) => (phrase === undefined ? [] : [['Library', phrase] as const])),
    ['Backend', backendPhrase(lock) + (provisionerReason === undefined ? '' : ` (${provisionerReason})`)],
    ...(configured.length === 0 ? [] : [['Settings', configured.join(', ')] as const]),
    ...(searched === undefined ? [] : [['Search', searched] as const]),
    ['Load', `${counted(lock.workers, 'worker')}, lease ${duration(lock.leaseMs)}`],
    ...(checked === '' ? [] : [['Checked', checked] as const]),
  ]);
}

function pageFooter(report: Report): Markup {
  return markup`<h2>How it was run</h2>
${commandBox('Command', report.command)}
${definitions([
  ['Machine', machinePhrase(report)],
  ...(report.leftOut ?? []).map(({ name, reason }) => ['Not run here', `${name}: ${reason}`] as const),
  ['Versions', `holdfast ${report.tool.version}, Node ${report.machine.node}`],
  ['Started', `${moment(report.startedAt)}, took ${duration(report.elapsedMs)}`],
])}`;
}

function definitions(entries: readonly (readonly [string, string])[]): Markup {
  return markup`<dl class="facts">${entries.map(([term, text]) => markup`<div><dt>${term}</dt><dd>${text}</dd></div>`)}</dl>`;
}
