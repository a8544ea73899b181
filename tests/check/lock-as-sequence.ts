/** A lock for the general search: grants and ends of leases as operations of their own. */
import type { SequentialModel, SequentialOperation } from '../../harness/check/sequential.ts';
import { compatible, stepsOf } from './brute-force.ts';
import type { LeaseStory } from '../../harness/testing/story.ts';

/** The state is the ids of the leases in force. */
export function lockModel(leases: readonly LeaseStory[]): SequentialModel<readonly string[]> {
  const byId = new Map(leases.map((lease) => [lease.id, lease]));
  return {
    initial: [],
    step: (held, { f, input }) => {
      const lease = byId.get(String(input));
      if (lease === undefined) return undefined;
      if (f === 'end') return held.includes(lease.id) ? held.filter((id) => id !== lease.id) : undefined;
      const free = held.every((id) => {
        const other = byId.get(id);
        return other !== undefined && compatible(other, lease);
      });
      return free ? [...held, lease.id].toSorted() : undefined;
    },
    key: String,
  };
}

/** An end that nobody has to see may come at any time from its first possible moment on, or never. */
export function grantsAndEnds(leases: readonly LeaseStory[]): SequentialOperation[] {
  return stepsOf(leases).map(({ kind, lease, from, to }, index) => ({
    f: kind,
    input: lease.id,
    output: undefined,
    called: from,
    returned: to,
    invokeRef: index,
    completionRef: index,
    process: index,
  }));
}
