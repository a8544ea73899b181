/** Stories of many leases in little time. */
import * as fc from 'fast-check';
import { maybe, time } from '../../harness/testing/stories.ts';
import type { LeaseStory, Story } from '../../harness/testing/story.ts';

/**
 * Holds in a row, and around them grants that arrived dead, with wide windows; tokens follow the order of time but for
 * a swap or two. What random stories seldom show: instants that must get out of the way of holds and of one another.
 */
export function crowdedStories(modes: boolean): fc.Arbitrary<Story> {
  const lease = fc.record({
    dead: fc.integer({ min: 0, max: 2 }).map((n) => n > 0),
    from: time,
    length: fc.integer({ min: 0, max: 12 }),
    shared: modes ? fc.boolean() : fc.constant(false),
    owner: modes ? maybe(fc.constantFrom('x', 'y')) : fc.constant(undefined),
    fenced: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
    /** Where in its window its token thinks that it is. */
    rank: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  return fc
    .record({ drafts: fc.array(lease, { minLength: 3, maxLength: 6 }), swap: maybe(fc.tuple(fc.nat(5), fc.nat(5)), 6) })
    .map(({ drafts, swap }) => {
      let free = 0;
      const placed = drafts.map((one) => {
        if (one.dead) return { ...one, to: one.from + one.length };
        const from = free + (one.from % 4);
        free = from + (one.length % 7);
        return { ...one, from, to: free };
      });
      const order = placed.toSorted((a, b) => a.from - b.from + (a.to - a.from) * a.rank - (b.to - b.from) * b.rank);
      const [a, b] = [order[swap?.[0] ?? -1], order[swap?.[1] ?? -1]];
      if (a !== undefined && b !== undefined) {
        const [first, second] = [order.indexOf(a), order.indexOf(b)];
        order[first] = b;
        order[second] = a;
      }
      const leases = placed.map((one, index): LeaseStory => {
        const fence = one.fenced ? order.indexOf(one) + 1 : undefined;
        const returned = one.dead ? one.to : one.from;
        const deadline = one.dead ? Math.max(0, one.from - 1) : undefined;
        return {
          id: `L${index}`,
          worker: index,
          shared: one.shared,
          owner: one.owner,
          acquire: { called: one.from, returned, outcome: 'ok', fence, deadline },
          renewals: [],
          probes: [],
          lostAt: undefined,
          killedAt: undefined,
          release: { called: one.to, returned: one.to, outcome: one.dead ? 'lost' : 'released' },
        };
      });
      return { leases, standstills: [], uses: [] };
    });
}
