/** Latency, throughput and thresholds in the terminal, and several locks side by side. */
import type { Latency, LockReport, ThresholdResult } from '../../harness/report/report.ts';
import { MARKS, THRESHOLD_VERDICTS, measuredPhrase, tally } from '../reading.ts';
import { LATENCIES, count, isSimulated, milliseconds, ratesPhrase, shortened } from '../wording.ts';
import { hanging, table, wrap } from './layout.ts';
import type { Paint, Style } from './paint.ts';

const NARROW = 60;
const OVERVIEW_WITH_COST = 72;

/** The cost of one lock. */
export function costLines(lock: LockReport, width: number, paint: Paint): readonly string[] {
  const rows = LATENCIES.flatMap((name) => {
    const latency = lock.latency[name];
    return latency === undefined || latency.count === 0 ? [] : [latencyRow(name, latency)];
  });
  const rates = ratesPhrase(lock);
  return [
    ...(rows.length === 0 ? [] : latencyTable(rows, width, paint)),
    ...(rates === '' ? [] : wrap(rates, width - 2).map((line) => `  ${line}`)),
    ...thresholdLines(lock, width, paint),
  ];
}

function latencyTable(rows: readonly (readonly string[])[], width: number, paint: Paint): readonly string[] {
  const all = [['latency, ms', 'p50', 'p90', 'p99', 'p99.9', 'max', 'count'], ...rows];
  const shown =
    width >= NARROW ? all : all.map(([name = '', p50 = '', , p99 = '', , max = '']) => [name, p50, p99, max]);
  const [header = '', ...body] = table(shown);
  return [`  ${paint('dim', header)}`, ...body.map((row) => `  ${row}`)];
}

function latencyRow(name: string, { count: samples, p50, p90, p99, p999, max }: Latency): readonly string[] {
  return [name, ...[p50, p90, p99, p999, max].map(milliseconds), count(samples)];
}

const VERDICT_STYLES: Readonly<Record<ThresholdResult['verdict'], Style>> = {
  met: 'green',
  missed: ['red', 'bold'],
  inconclusive: 'yellow',
};

/** What was demanded and what was measured. */
export function thresholdLines(lock: LockReport, width: number, paint: Paint): readonly string[] {
  return (lock.thresholds ?? []).flatMap((threshold) => {
    const { standing, word } = THRESHOLD_VERDICTS[threshold.verdict];
    const head = `  ${MARKS[standing].mark} ${word}  `;
    const text = `${threshold.expression} (${measuredPhrase(threshold)})`;
    const [first = '', ...rest] = hanging(head, text, width, head.length);
    return [paint(VERDICT_STYLES[threshold.verdict], head) + first.slice(head.length), ...rest];
  });
}

/** Several locks side by side, a line each. */
export function overviewLines(locks: readonly LockReport[], width: number, paint: Paint): readonly string[] {
  const wide = width >= OVERVIEW_WITH_COST;
  const nameWidth = width - (wide ? 48 : 22);
  const rows = locks.map((lock) => {
    const counts = tally(lock);
    const { acquire } = lock.latency;
    const verdicts = [counts.violated, counts.inconclusive, counts.holds].map(count);
    const cost = isSimulated(lock)
      ? ['simulated', '', '']
      : [
          lock.throughput === undefined ? '' : count(Math.round(lock.throughput)),
          acquire === undefined ? '' : milliseconds(acquire.p50),
          acquire === undefined ? '' : milliseconds(acquire.p99),
        ];
    return [shortened(lock.name, nameWidth), ...verdicts, ...(wide ? cost : [])];
  });
  const cost = ['cycles/s', 'acquire p50', 'p99, ms'];
  const [header = '', ...body] = table([['lock', '✗', '?', '✓', ...(wide ? cost : [])], ...rows]);
  return [`  ${paint('dim', header)}`, ...body.map((row) => `  ${row}`)];
}
