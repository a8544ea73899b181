/** Benchmarked locks, for tests of comparisons. */
import type { Entry } from '../../harness/compare/entry.ts';
import { findLock } from '../../implementations/catalogue.ts';
import type { Load } from '../../harness/report/load.ts';
import type { LockReport } from '../../harness/report/report.ts';
import { load, round } from '../gates/load-fixture.ts';
import { cell, latency, lockReport, report } from '../reports/fixtures.ts';

const NOISE = [1, 1.01, 0.985, 1.004, 0.995, 1.012, 0.99];

/** A lock of the catalogue with seven quiet rounds around `throughput`. */
export function entry(
  name: string,
  throughput: number,
  override: Partial<LockReport> = {},
  loaded: Partial<Load> = {},
): Entry {
  const found = findLock(name);
  if (found === undefined) throw new Error(`no lock ${name}`);
  const { module } = found;
  const rounds = NOISE.map((factor, index) => round(index, throughput * factor));
  const lock = lockReport({
    name: module.name,
    summary: module.summary,
    backend: {
      kind: module.backend,
      topology: module.topologies[0],
      provisioner: 'native',
      version: '7.0',
      settings: {},
    },
    cells: [cell('exclusion', 'none'), cell('no-lost-update', 'none')],
    notTestable: [],
    throughput,
    latency: { acquire: latency(8000 / throughput) },
    load: load({ rounds, ...loaded }),
    ...override,
  });
  return { label: module.name, report: lock, claims: module.claims, machine: report().machine, turn: 0 };
}

/** As if it had been measured at a time of its own. */
export function apart(measured: Entry): Entry {
  const { turn: _, ...rest } = measured;
  return rest;
}
