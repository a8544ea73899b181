/** A benchmark in the terminal: what was asked, what failed, how the faults went, and where the limit is. */
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
import { hanging, table, wrap } from './layout.ts';
import type { Paint } from './paint.ts';

const LABEL = 10;

export function loadLines(lock: LockReport, width: number, paint: Paint): readonly string[] {
  const { load } = lock;
  if (load === undefined) return [];
  const errors = errorsPhrase(load);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['load', loadPhrase(load)],
    ['checked', checkedLoadPhrase(load)],
    ['errors', errors === '' ? 'none' : errors],
    ['fairness', fairnessPhrase(lock)],
    ['memory', memoryPhrase(load)],
    ['harness', harnessPhrase(load)],
  ];
  return [
    ...facts.flatMap(([label, text]) => {
      if (text === undefined || text === '') return [];
      const [first = '', ...rest] = hanging(label, text, width - 2, LABEL);
      return [`  ${paint('dim', first.slice(0, LABEL))}${first.slice(LABEL)}`, ...rest.map((line) => `  ${line}`)];
    }),
    ...loadWarnings(lock).flatMap((text) => wrap(`! ${text}`, width - 2).map((line) => paint('yellow', `  ${line}`))),
    ...faultLines(lock, width),
    ...capacityLines(lock, paint),
    ...expectationLines(lock, paint),
  ];
}

function faultLines({ load }: LockReport, width: number): readonly string[] {
  return (load?.faults ?? []).flatMap(
    ({ hazard, target, fromMs, toMs, bit, dip, firstGrantAfterMs, recoveredAfterMs }) => {
      const text = [
        `${hazardName(hazard)} of ${target} from ${(fromMs / 1000).toFixed(1)} to ${(toMs / 1000).toFixed(1)} s`,
        ...(bit ? [] : ['did not bite']),
        ...(dip === undefined ? [] : [`throughput down to ${Math.round(dip * 100)} %`]),
        firstGrantAfterMs === undefined ? 'no grant after it' : `first grant ${duration(firstGrantAfterMs)} after it`,
        ...(recoveredAfterMs === undefined ? [] : [`back at 90 % after ${duration(recoveredAfterMs)}`]),
      ].join(', ');
      return hanging('  ~', text, width, 4);
    },
  );
}

function capacityLines({ load }: LockReport, paint: Paint): readonly string[] {
  if (load?.saturation === undefined) return [];
  const { capacity, shares } = load.saturation;
  const rows = shares.map(({ share, offeredPerSecond, acquire }) => [
    `${Math.round(share * 100)} %`,
    count(Math.round(offeredPerSecond)),
    ...[acquire.p50, acquire.p99, acquire.max].map(milliseconds),
  ]);
  const head = [`capacity ${count(Math.round(capacity))}/s`, 'offered/s', 'acquire p50', 'p99', 'max, ms'];
  const [header = '', ...body] = table([head, ...rows]);
  return [`  ${paint('dim', header)}`, ...body.map((row) => `  ${row}`)];
}

function expectationLines({ load }: LockReport, paint: Paint): readonly string[] {
  const expectations = load?.expectations ?? [];
  if (expectations.length === 0) return [];
  const rows = expectations.map(({ what, expected, measured, met, source }) => [
    `${met ? '✓' : '✗'} ${what}`,
    expected,
    measured,
    source,
  ]);
  const [header = '', ...body] = table([['figure', 'expected', 'measured', 'source'], ...rows]);
  return [`  ${paint('dim', header)}`, ...body.map((row) => `  ${row}`)];
}
