/** Reports of benchmarks and of comparisons, for the tests of the reporters. */
import { compareEntries } from '../../harness/compare/compare.ts';
import { outcomeOf } from '../../harness/compare/outcome.ts';
import { INTERLEAVED_LIMITS } from '../../harness/gates/change.ts';
import { judgeThresholds } from '../../harness/gates/judge-thresholds.ts';
import { parseThreshold } from '../../harness/gates/threshold.ts';
import type { Load } from '../../harness/report/load.ts';
import type { LockReport, Report } from '../../harness/report/report.ts';
import { entry } from '../compare/entries.ts';
import { load, round } from '../gates/load-fixture.ts';
import { cell, latency, lockReport, report } from './fixtures.ts';

/** Thirty seconds, with a fault in the middle of them. */
const SERIES: Load['series'] = Array.from({ length: 30 }, (_, second) => {
  const cut = second >= 12 && second < 15;
  const throughput = cut ? 0 : 1200 + 60 * Math.sin(second * 1.7) - (second === 15 ? 700 : 0);
  const p50 = second === 15 ? 40 : 1.4 + 0.2 * Math.sin(second);
  return {
    atMs: second * 1000,
    throughput,
    errors: cut ? 12 : 0,
    ...(cut ? {} : { acquire: { p50, p90: p50 * 2.1, p99: p50 * 5.2, max: p50 * 14 } }),
  };
});

const stretch = (p50: number): { p50: number; p90: number; p99: number; max: number } => ({
  p50,
  p90: p50 * 2,
  p99: p50 * 5,
  max: p50 * 20,
});

/** One lock under load: a fault, errors, a search for the capacity, thresholds met, missed and not to be judged. */
export function benched(): Report {
  const lock = lockReport({
    name: 'redis-basic',
    cells: [cell('exclusion', 'none', { runs: 1 }), cell('no-lost-update', 'none', { runs: 1 })],
    latency: {
      acquire: { ...latency(1.5, 1.2, 34_000), min: 0.3, mean: 2.1 },
      hold: latency(1.1, 0.1),
      release: latency(0.4),
    },
    throughput: 1131,
    load: load({
      cycles: 33_930,
      errors: [
        { operation: 'acquire', kind: 'BACKEND_UNAVAILABLE', count: 31 },
        { operation: 'release', kind: 'unknown', count: 5 },
      ],
      series: SERIES,
      faults: [
        {
          id: 'f1',
          hazard: 'server-pause',
          target: 'node 1',
          fromMs: 12_000,
          toMs: 15_000,
          bit: true,
          firstGrantAfterMs: 41,
          dip: 0,
          recoveredAfterMs: 1000,
        },
      ],
      rounds: [0, 1, 2].map((index) => round(index, 1131 + index * 9)),
      saturation: {
        capacity: 1480,
        steps: [
          { offeredPerSecond: 800, achievedPerSecond: 800, acquireP99: 3.1, kept: true },
          { offeredPerSecond: 1600, achievedPerSecond: 1490, acquireP99: 812, kept: false },
        ],
        shares: [
          { share: 0.5, offeredPerSecond: 740, throughput: 740, acquire: stretch(0.8) },
          { share: 0.8, offeredPerSecond: 1184, throughput: 1183, acquire: stretch(1.4) },
          { share: 0.95, offeredPerSecond: 1406, throughput: 1404, acquire: stretch(6.2) },
        ],
      },
      longestOverMedian: 21.4,
      harness: { shareOfBareLoop: 0.93, pairs: 60, configuration: 'one client in a process, recording on' },
      memory: { clientMiB: 61, serverMiB: 8 },
      checked: { events: 203_580, operations: 67_860, verdict: 'holds' },
      preset: 'documents',
      expectations: [
        { what: 'acquire p99', source: '001', expected: '15 ms', measured: '9.8 ms', met: true },
        { what: 'throughput', source: '002', expected: '≥ 800/s', measured: '1,131/s', met: true },
      ],
    }),
  });
  const thresholds = judgeThresholds(
    lock,
    ['acquire p(99)<50', 'violations count==0', 'throughput rate>2000', 'try p(99)<5'].map(parseThreshold),
  );
  return report({
    run: '2026-11-21T14-02-11-redis-basic',
    command: 'npm run bench -- --impl redis-basic --threshold "throughput rate>2000"',
    profile: 'bench',
    locks: [{ ...lock, thresholds }],
    exitCode: 3,
    conclusion: 'redis-basic: the threshold throughput rate>2000 is missed.',
  });
}

/** More was offered than the lock can do, and what the service sold, it did not have. */
export function saturated(): Report {
  const lock = lockReport({
    name: 'none',
    cells: [cell('exclusion', 'none', { verdict: 'violated', violations: 4, runs: 1 })],
    throughput: 640,
    load: load({
      mode: 'open',
      arrivals: 'poisson',
      scenario: 'flash-sale',
      saturated: true,
      offered: { perSecond: 2000, arrivals: 20_000, dropped: 1311, inFlightLimit: 500 },
      checked: { events: 60_000, operations: 20_000, verdict: 'violated' },
      service: { requests: 18_689, served: 1000, refused: 17_600, failed: 89, stock: 1000, sold: 1042, oversold: 42 },
    }),
  });
  const thresholds = judgeThresholds(lock, [parseThreshold('acquire p(99)<50')]);
  return report({
    locks: [{ ...lock, thresholds }],
    exitCode: 1,
    conclusion: 'none breaks its own claim on exclusion without faults.',
  });
}

/** Locks of several backends in turns; the candidate is slower than its baseline, and the fastest does not lock. */
export function compared(): Report {
  const base = { ...entry('redis-basic', 2400), label: 'redis-basic (baseline)' };
  const entries = [
    base,
    entry('redis-basic', 1900),
    entry('redis-fair', 2380),
    entry('redlock', 900),
    entry('sql-table-postgres', 310),
    entry('etcd', 620),
    entry('zookeeper', 610),
    entry('none', 41_000, { cells: [cell('exclusion', 'none', { verdict: 'violated', violations: 11 })] }),
  ];
  const comparison = compareEntries(entries, {
    baselines: [{ ...base, limits: INTERLEAVED_LIMITS }],
    baselineName: 'redis-basic at v1',
  });
  const changes = comparison.baseline?.changes.filter(({ label }) => label === 'redis-basic') ?? [];
  const gated = { ...comparison, ...(comparison.baseline && { baseline: { ...comparison.baseline, changes } }) };
  const locks: LockReport[] = entries.map((one) => one.report);
  return report({
    run: '2026-11-21T14-30-00-compare',
    command: 'npm run compare -- --impl redis-basic,redis-fair,redlock --rounds 7',
    profile: 'compare',
    locks,
    comparison: gated,
    ...outcomeOf(locks.slice(0, -1), gated),
  });
}
