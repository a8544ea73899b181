/** Reports such as real runs make, for the tests of the reporters. */
import { PROPERTIES, claimOn, type Claims, type Hazard, type Property } from '../../implementations/claims.ts';
import { hazardsOf } from '../../harness/faults/available.ts';
import type { Cell, Latency, LockReport, Report } from '../../harness/report/report.ts';
import { pauseWitness } from './pause-witness.ts';

const CLAIMS: Claims = {
  exclusion: { otherwise: 'holds', except: { 'server-crash-volatile': 'not-promised', 'server-pause': 'unavailable' } },
  'no-lost-update': { otherwise: 'holds', except: { 'client-pause': 'not-promised', latency: 'not-promised' } },
  fencing: { otherwise: 'holds', except: { 'server-crash-volatile': 'not-promised' } },
  'deadlock-freedom': { otherwise: 'holds' },
  'loss-notice': { otherwise: 'holds' },
  fairness: { otherwise: 'not-applicable' },
  reentrancy: { otherwise: 'not-applicable' },
};

const TESTED: readonly Hazard[] = hazardsOf('primary and replica', 'redis').filter(
  (hazard) =>
    !['failover', 'minority-partition', 'majority-partition', 'slow-node', 'clock-jump-majority'].includes(hazard),
);

/** A cell whose claim was tried and kept; each field can be overridden. */
export function cell(property: Property, hazard: string, override: Partial<Cell> = {}): Cell {
  const tries = 40 + ((property.length * 31 + hazard.length * 57) % 190);
  return {
    property,
    hazard,
    claim: 'holds',
    verdict: 'holds',
    exempt: false,
    runs: 12,
    operations: tries * 23,
    violations: 0,
    faultsApplied: hazard === 'none' ? 0 : tries + 6,
    faultsBitten: hazard === 'none' ? 0 : tries,
    ...override,
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** A smooth, long-tailed distribution around `p50` milliseconds, as an HDR histogram gives it. */
export function latency(p50: number, tail = 1, count = 12_480): Latency {
  const at = (percentile: number): number =>
    p50 * (1 + tail * Math.log10(1 / (1 - percentile / 100)) ** 2 * 0.55) * (0.6 + (0.4 * percentile) / 50);
  const percentiles = [0, 10, 25, 50, 75, 87.5, 90, 93.75, 96.875, 98.4375, 99, 99.5, 99.75, 99.9, 99.95, 99.99];
  return {
    count,
    p50: round(at(50)),
    p90: round(at(90)),
    p99: round(at(99)),
    p999: round(at(99.9)),
    max: round(at(99.99)),
    curve: [
      ...percentiles.filter((p) => 1 / (1 - p / 100) < count).map((p): [number, number] => [p, round(at(p))]),
      [100, round(at(99.99))],
    ],
  };
}

/** One lock whose every claim was kept. */
export function lockReport(override: Partial<LockReport> = {}): LockReport {
  const cells = PROPERTIES.filter((property) => CLAIMS[property] !== undefined).flatMap((property) =>
    TESTED.map((hazard) => {
      const claim = claimOn(CLAIMS, property, hazard);
      if (claim === 'not-applicable')
        return cell(property, hazard, {
          claim,
          exempt: true,
          runs: 0,
          operations: 0,
          faultsApplied: 0,
          faultsBitten: 0,
        });
      if (property === 'no-lost-update' && claim === 'not-promised') {
        const note =
          hazard === 'client-pause'
            ? 'paused 900 ms past a 600 ms lease: 3 updates lost; with fencing 0 lost, 2 stale writes refused'
            : undefined;
        return cell(
          property,
          hazard,
          hazard === 'client-pause'
            ? { claim, verdict: 'violated', violations: 3, note, witness: pauseWitness }
            : { claim },
        );
      }
      if (claim === 'not-promised')
        return cell(property, hazard, {
          claim,
          verdict: 'violated',
          violations: 5,
          note: 'the lock key vanished with the data: a second client was granted at once',
        });
      return cell(property, hazard, { claim });
    }),
  );
  return {
    name: 'redis',
    summary: 'Redis, one node: SET NX PX with a random token, compare-and-delete release, fencing by INCR',
    backend: {
      kind: 'redis',
      topology: 'single',
      provisioner: 'native',
      version: '7.0.15',
      settings: { appendonly: 'yes', appendfsync: 'always' },
    },
    workers: 5,
    leaseMs: 600,
    cells,
    notTestable: [
      { hazard: 'failover', reason: 'a single node has no replica to fail over to' },
      { hazard: 'minority-partition', reason: 'needs several nodes' },
      { hazard: 'majority-partition', reason: 'needs several nodes' },
    ],
    increments: 18_204,
    overruns: 3,
    refusedStale: 2,
    latency: {
      acquire: latency(0.62, 1.4),
      hold: latency(5.1, 0.05),
      release: latency(0.31),
      handover: latency(1.9, 2.2),
      renew: latency(0.29, 0.8, 410),
    },
    throughput: 1243.4,
    fairness: 0.987,
    cpu: { clientMs: 4120, serverMs: 890 },
    commandsPerCycle: 3.1,
    ...override,
  };
}

export function report(override: Partial<Report> = {}): Report {
  return {
    schemaVersion: 1,
    tool: { name: 'holdfast', version: '0.1.0' },
    run: '2026-11-21T12-57-05-redis',
    startedAt: '2026-11-21T12:57:05.123Z',
    elapsedMs: 252_300,
    machine: {
      os: 'Debian GNU/Linux 12 (Linux 6.1)',
      cpu: 'Intel Xeon Platinum 8581C',
      cores: 2,
      memoryGiB: 7.8,
      node: '24.21.0',
      timerLatenessMs: 3.4,
      tooBusyToJudge: false,
    },
    command: 'holdfast verify --impl redis --seed 42',
    profile: 'default',
    seed: 42,
    locks: [lockReport()],
    exitCode: 0,
    conclusion: 'Every claim of redis that was tried holds.',
    ...override,
  };
}

export const REPLAY = 'npm run replay -- runs/2026-11-21T12-57-05-no-deadline/plan-17.json';

function replaced(lock: LockReport, property: Property, hazard: string, change: Partial<Cell>): LockReport {
  const cells = lock.cells.map((each) =>
    each.property === property && each.hazard === hazard ? { ...each, ...change } : each,
  );
  return { ...lock, cells };
}

export function allHolds(): Report {
  return report();
}

/** A specimen that states no deadline: two clients believe that they hold it at once. */
export function violated(): Report {
  const lock = replaced(
    lockReport({
      name: 'broken/no-deadline',
      summary: 'Specimen: a lease lock that forgets its own deadline',
      latency: { acquire: latency(0.81, 1.1) },
    }),
    'exclusion',
    'client-pause',
    {
      verdict: 'violated',
      violations: 7,
      faultsBitten: 52,
      witness: pauseWitness,
      plan: 'plan-17.json',
      replay: REPLAY,
    },
  );
  const combined = cell('no-lost-update', 'client-pause+server-crash', {
    verdict: 'violated',
    violations: 1,
    faultsBitten: 11,
    replay: REPLAY.replace('17', '23'),
    plan: 'plan-23.json',
    witness: {
      summary: 'An update of worker-4 was lost.',
      story: [
        '+12 ms  worker-4 reads 3',
        '+80 ms  worker-2 writes 3 → 4',
        '+95 ms  worker-4 writes 3 → 4: the update of worker-2 is lost',
      ],
      events: [],
    },
  });
  return report({
    run: '2026-11-21T12-57-05-no-deadline',
    command: 'holdfast verify --impl broken/no-deadline --seed 42',
    locks: [{ ...lock, cells: [...lock.cells, combined] }],
    exitCode: 1,
    conclusion:
      'broken/no-deadline breaks 2 of its claims: exclusion under client-pause, no-lost-update under client-pause + server-crash.',
  });
}

/** No lock at all: it breaks its claims under everything. */
export function baseline(): Report {
  const cells = ['none', 'latency', 'client-pause', 'client-crash'].flatMap((hazard) =>
    (['exclusion', 'no-lost-update'] as const).map((property) =>
      cell(property, hazard, { verdict: 'violated', violations: 9, witness: pauseWitness, replay: REPLAY }),
    ),
  );
  return report({
    locks: [lockReport({ name: 'none', summary: 'Baseline: no lock at all', cells, notTestable: [] })],
    exitCode: 1,
    conclusion: 'none breaks 8 of its claims.',
  });
}

/** Nothing was violated, but some claims were not exercised; on a busy machine, in a small profile. */
export function inconclusive(): Report {
  const base = lockReport();
  const skipped = {
    verdict: 'inconclusive',
    exempt: true,
    runs: 0,
    operations: 0,
    faultsApplied: 0,
    faultsBitten: 0,
    note: 'not on the list of profile smoke',
  } as const;
  const cells = base.cells.map((each) => {
    if (each.claim === 'not-applicable') return each;
    if (each.hazard === 'clock-jump')
      return {
        ...each,
        verdict: 'inconclusive' as const,
        faultsBitten: 0,
        note: 'the fault was applied 18 times and never took effect',
      };
    return each.hazard.startsWith('server') ? { ...each, ...skipped } : each;
  });
  const { machine } = report();
  return report({
    profile: 'smoke',
    locks: [{ ...base, cells }],
    machine: { ...machine, timerLatenessMs: 84, tooBusyToJudge: true },
    exitCode: 4,
    conclusion: 'Nothing was violated, but 5 claims on the list of profile smoke were not exercised.',
  });
}

/** Several locks and backends side by side, one of them simulated, one with a missed threshold. */
export function severalLocks(): Report {
  const [broken] = violated().locks;
  return report({
    run: '2026-11-21T13-20-00-compare',
    command: 'holdfast compare --all',
    locks: [
      lockReport({
        thresholds: [
          { expression: 'acquire p(99)<50', measured: 2.31, verdict: 'met' },
          { expression: 'throughput rate>2000', measured: 1243.4, verdict: 'missed' },
          { expression: 'try p(99)<5', verdict: 'inconclusive', note: 'no samples' },
        ],
      }),
      lockReport({
        name: 'redlock',
        summary: 'Redlock over five independent nodes',
        backend: {
          kind: 'redis',
          topology: '5 independent nodes',
          provisioner: 'docker',
          version: '8.2.1',
          settings: {},
        },
        throughput: 411,
        latency: {
          acquire: latency(2.4, 1.8),
          hold: latency(5.4, 0.05),
          release: latency(1.2),
          handover: latency(9.5, 1.6),
        },
      }),
      lockReport({
        name: 'etcd',
        summary: 'etcd: a lease and the lowest create revision',
        backend: {
          kind: 'etcd',
          topology: '3-node quorum',
          provisioner: 'sim',
          version: 'sim',
          settings: {},
          provisionerReason: 'no Docker engine answers and etcd is not installed',
        },
        throughput: 260,
        latency: { acquire: latency(4.2, 0.7), hold: latency(5.2, 0.05), release: latency(2.1) },
      }),
      ...(broken === undefined ? [] : [broken]),
    ],
    exitCode: 1,
    conclusion: 'broken/no-deadline breaks 2 of its claims; redis misses a threshold; redlock and etcd hold.',
  });
}
