import { lostUpdates } from '../harness/check/damage.ts';
import type { CarriedOutOf, Scenario } from '../harness/resource/scenario.ts';

const operations = {
  read: (value: number) => ({ state: value, answer: { value } }),
  /** Stores what its writer computed: keeping two writers apart is the lock's affair. */
  write: (_value: number, { from }: { readonly from: number }) => ({ state: from + 1, answer: { to: from + 1 } }),
};

/** Read the counter, work, write it back plus one: an update is lost whenever two clients do this at the same time. */
export const scenario: Scenario<number, typeof operations> = {
  name: 'shared-counter',
  summary: 'increments a shared counter by a read and a write under one lease, through a plain and a fenced door',
  property: 'no-lost-update',
  resources: ({ names }) => Object.fromEntries(names.map((name) => [name, 0])),
  operations,
  rate: { operation: 'write', unit: 'increments' },
  looks: ['read'],
  async cycle(client) {
    await using use = await client.acquire(client.names[0]);
    const seen = await use.do('read');
    await use.work();
    if (use.lost || use.shared) return;
    await use.do('write', (door) => (seen[door] === undefined ? undefined : { from: seen[door].value }));
  },
  judge: (carriedOut) =>
    [...Map.groupBy(carriedOut, ({ resource }) => resource).values()].flatMap((all) =>
      lostUpdates(all.map(usedAs)).map(({ write, read, between }) => ({
        invariant: 'no update is lost',
        summary: `the ${write.to} of ${write.lease} undid ${between.length} others: it had read ${write.from}`,
        operations: [...(read === undefined ? [] : [read]), ...between, write].flatMap(({ ref }) => all[ref] ?? []),
      })),
    ),
};

const usedAs = (one: CarriedOutOf<typeof operations>, ref: number): Parameters<typeof lostUpdates>[0][number] => ({
  ...{ key: one.resource, lease: one.lease ?? '', door: 'plain', accepted: true, at: one.place, ref },
  ...(one.operation === 'read'
    ? { kind: 'read', from: one.values.value, to: one.values.value }
    : { kind: 'write', from: one.values.from, to: one.values.to }),
});
