/** A report that would do harm if its texts were not escaped. */
import type { Comparison } from '../../harness/report/comparison.ts';
import type { Load } from '../../harness/report/load.ts';
import type { Report, Witness } from '../../harness/report/report.ts';
import { benched, compared } from './bench-fixtures.ts';
import { violated } from './fixtures.ts';

/** Text that would be markup, or break a format, if it were not escaped. */
export const HOSTILE = `<img src=x onerror="alert(1)"> & 'quotes' "too" | \`ticks\` ]]> \u0007`;

/** A report whose every free text is hostile. */
export function hostile(): Report {
  const base = violated();
  const { comparison } = compared();
  const load = benched().locks[0]?.load;
  return {
    ...base,
    run: HOSTILE,
    command: HOSTILE,
    profile: HOSTILE,
    conclusion: HOSTILE,
    ...(comparison === undefined ? {} : { comparison: hostileComparison(comparison) }),
    locks: base.locks.map((lock) => ({
      ...lock,
      name: HOSTILE,
      summary: HOSTILE,
      backend: { ...lock.backend, version: HOSTILE, settings: { [HOSTILE]: HOSTILE } },
      notTestable: [{ hazard: 'failover', reason: HOSTILE }],
      thresholds: [{ expression: HOSTILE, verdict: 'inconclusive', note: HOSTILE }],
      ...(load === undefined ? {} : { load: hostileLoad(load) }),
      cells: lock.cells.map((each) => ({
        ...each,
        note: HOSTILE,
        ...(each.witness === undefined ? {} : { replay: HOSTILE, witness: hostileWitness(each.witness) }),
      })),
    })),
  };
}

function hostileLoad(load: Load): Load {
  return {
    ...load,
    scenario: HOSTILE,
    preset: HOSTILE,
    errors: [{ operation: HOSTILE, kind: HOSTILE, count: 1 }],
    faults: load.faults.map((fault) => ({ ...fault, hazard: HOSTILE, target: HOSTILE })),
    expectations: [{ what: HOSTILE, source: HOSTILE, expected: HOSTILE, measured: HOSTILE, met: false }],
  };
}

function hostileComparison(comparison: Comparison): Comparison {
  const { baseline } = comparison;
  return {
    ...comparison,
    method: HOSTILE,
    rows: comparison.rows.map((row) => ({ ...row, lock: 0, label: HOSTILE })),
    guide: [{ need: HOSTILE, best: [HOSTILE], why: HOSTILE }],
    ...(baseline === undefined
      ? {}
      : {
          baseline: {
            ...baseline,
            name: HOSTILE,
            notes: [HOSTILE],
            changes: baseline.changes.map((change) => ({ ...change, label: HOSTILE, note: HOSTILE })),
          },
        }),
  };
}

function hostileWitness(witness: Witness): Witness {
  const { timeline } = witness;
  return {
    summary: HOSTILE,
    story: [HOSTILE],
    events: [{ f: HOSTILE }],
    ...(timeline === undefined
      ? {}
      : {
          timeline: {
            ...timeline,
            key: HOSTILE,
            holdings: timeline.holdings.map((each) => ({ ...each, worker: HOSTILE, lease: HOSTILE, fence: HOSTILE })),
            faults: timeline.faults.map((each) => ({ ...each, target: HOSTILE })),
          },
        }),
  };
}
