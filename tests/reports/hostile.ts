/** A report that would do harm if its texts were not escaped. */
import type { Report, Witness } from '../../harness/verdict/report.ts';
import { violated } from './fixtures.ts';

/** Text that would be markup, or break a format, if it were not escaped. */
export const HOSTILE = `<img src=x onerror="alert(1)"> & 'quotes' "too" | \`ticks\` ]]> \u0007`;

/** A report whose every free text is hostile. */
export function hostile(): Report {
  const base = violated();
  return {
    ...base,
    run: HOSTILE,
    command: HOSTILE,
    profile: HOSTILE,
    conclusion: HOSTILE,
    locks: base.locks.map((lock) => ({
      ...lock,
      name: HOSTILE,
      summary: HOSTILE,
      backend: { ...lock.backend, version: HOSTILE, settings: { [HOSTILE]: HOSTILE } },
      notTestable: [{ hazard: 'failover', reason: HOSTILE }],
      cells: lock.cells.map((each) => ({
        ...each,
        note: HOSTILE,
        ...(each.witness === undefined ? {} : { replay: HOSTILE, witness: hostileWitness(each.witness) }),
      })),
    })),
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
