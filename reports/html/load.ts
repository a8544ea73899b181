/** A benchmark: what was asked, how it went over time and through faults, and where its limit is. */
import type { Load } from '../../harness/report/load.ts';
import type { LockReport } from '../../harness/report/report.ts';
import {
  checkedLoadPhrase,
  errorsPhrase,
  fairnessPhrase,
  harnessPhrase,
  loadPhrase,
  loadWarnings,
  memoryPhrase,
} from '../load-phrases.ts';
import { count, duration, hazardName, milliseconds } from '../wording.ts';
import { markup, type Markup } from './markup.ts';
import { overTimeSvg } from './over-time.ts';
import { tableOf } from './tables.ts';

/** `id` is the lock's own on the page. */
export function loadSection(lock: LockReport, id: string): Markup | undefined {
  const { load } = lock;
  if (load === undefined) return undefined;
  return markup`<h3>Load</h3>
${loadWarnings(lock).map((text) => markup`<p class="warning">${text}</p>`)}
${facts(lock, load)}
${overTime(lock, load, id)}
${faultTable(load)}
${saturationTables(load)}
${expectationTable(load)}
${roundTable(load)}`;
}

function facts(lock: LockReport, load: Load): Markup {
  const errors = errorsPhrase(load);
  const fairness = fairnessPhrase(lock);
  const { service } = load;
  const entries: readonly (readonly [string, string | undefined])[] = [
    ['Asked', loadPhrase(load)],
    [
      'Done',
      `${count(load.cycles)} cycles${lock.throughput === undefined ? '' : `, ${count(Math.round(lock.throughput))} a second`}`,
    ],
    ['Checked', checkedLoadPhrase(load)],
    ['Errors', errors === '' ? 'none' : errors],
    ['Fairness', fairness === '' ? undefined : fairness],
    ['Memory', memoryPhrase(load)],
    [
      'Service',
      service === undefined
        ? undefined
        : `${count(service.requests)} requests: ${count(service.served)} served, ${count(service.refused)} refused, ${count(service.failed)} failed; ${count(service.sold)} of ${count(service.stock)} sold`,
    ],
    ['Harness', harnessPhrase(load)],
  ];
  const shown = entries.flatMap(([term, text]) =>
    text === undefined ? [] : [markup`<div><dt>${term}</dt><dd>${text}</dd></div>`],
  );
  return markup`<dl class="facts">${shown}</dl>`;
}

function overTime({ name }: LockReport, load: Load, id: string): Markup | undefined {
  if (load.series.length < 2) return undefined;
  const label = `Throughput and time to acquire of ${name} over time`;
  const about = load.faults.length === 0 ? label : `${label}, faults shaded; the table below has the faults`;
  return markup`<h4>Over time</h4><figure><div class="scroll" tabindex="0" role="region" aria-label="${label}">${overTimeSvg(load, `${id}-series`, about)}</div></figure>`;
}

function faultTable({ faults }: Load): Markup | undefined {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  const table = tableOf(
    faults,
    [
      { name: 'fault', cell: ({ hazard }) => hazardName(hazard) },
      { name: 'of', cell: ({ target }) => target },
      { name: 'from, s', numeric: true, cell: ({ fromMs }) => seconds(fromMs) },
      { name: 'to, s', numeric: true, cell: ({ toMs }) => seconds(toMs) },
      {
        name: 'throughput left',
        numeric: true,
        cell: ({ dip }) => (dip === undefined ? '' : `${Math.round(dip * 100)} %`),
      },
      {
        name: 'first grant after it',
        numeric: true,
        cell: ({ firstGrantAfterMs: ms }) => (ms === undefined ? 'none came' : duration(ms)),
      },
      {
        name: 'back at 90 %',
        numeric: true,
        cell: ({ recoveredAfterMs: ms }) => (ms === undefined ? 'not seen' : duration(ms)),
      },
      { name: '', cell: ({ bit }) => (bit ? '' : 'did not bite') },
    ],
    { label: 'Faults under load' },
  );
  return table === undefined ? undefined : markup`<h4>Through the faults</h4>${table}`;
}

function saturationTables({ saturation }: Load): Markup | undefined {
  if (saturation === undefined) return undefined;
  const rate = (perSecond: number): string => count(Math.round(perSecond));
  return markup`<h4>Capacity</h4><p>It can do ${rate(saturation.capacity)} cycles a second for long.</p>
${tableOf(
  saturation.steps,
  [
    { name: 'offered a second', numeric: true, cell: ({ offeredPerSecond }) => rate(offeredPerSecond) },
    { name: 'achieved', numeric: true, cell: ({ achievedPerSecond }) => rate(achievedPerSecond) },
    { name: 'acquire p99, ms', numeric: true, cell: ({ acquireP99 }) => milliseconds(acquireP99) },
    { name: '', cell: ({ kept }) => (kept ? '✓ kept up' : '✗ fell behind') },
  ],
  { label: 'Steps of the search for the capacity' },
)}
${tableOf(
  saturation.shares,
  [
    { name: 'share of the capacity', numeric: true, cell: ({ share }) => `${Math.round(share * 100)} %` },
    { name: 'offered a second', numeric: true, cell: ({ offeredPerSecond }) => rate(offeredPerSecond) },
    { name: 'acquire p50', numeric: true, cell: ({ acquire }) => milliseconds(acquire.p50) },
    { name: 'p90', numeric: true, cell: ({ acquire }) => milliseconds(acquire.p90) },
    { name: 'p99', numeric: true, cell: ({ acquire }) => milliseconds(acquire.p99) },
    { name: 'max, ms', numeric: true, cell: ({ acquire }) => milliseconds(acquire.max) },
  ],
  { label: 'Latency at shares of the capacity' },
)}`;
}

function expectationTable({ expectations = [], preset }: Load): Markup | undefined {
  const table = tableOf(
    expectations,
    [
      { name: 'figure', cell: ({ what }) => what },
      { name: 'expected', cell: ({ expected }) => expected },
      { name: 'measured', cell: ({ measured }) => measured },
      { name: '', cell: ({ met }) => (met ? '✓ met' : '✗ not met') },
      { name: 'source', cell: ({ source }) => source },
    ],
    { label: 'Expected and measured' },
  );
  return table === undefined
    ? undefined
    : markup`<h4>Expected${preset === undefined ? '' : ` by the preset ${preset}`}</h4>${table}`;
}

function roundTable({ rounds }: Load): Markup | undefined {
  if (rounds.length < 2) return undefined;
  return markup`<details><summary>The ${rounds.length} rounds</summary>${tableOf(
    rounds,
    [
      { name: 'round', numeric: true, cell: ({ index }) => String(index + 1) },
      { name: 'cycles/s', numeric: true, cell: ({ throughput }) => count(Math.round(throughput)) },
      { name: 'acquire p50', numeric: true, cell: ({ acquire }) => milliseconds(acquire.p50) },
      { name: 'p99', numeric: true, cell: ({ acquire }) => milliseconds(acquire.p99) },
      { name: 'max, ms', numeric: true, cell: ({ acquire }) => milliseconds(acquire.max) },
      { name: 'errors', numeric: true, cell: ({ errors }) => count(errors) },
    ],
    { label: 'Rounds' },
  )}</details>`;
}
