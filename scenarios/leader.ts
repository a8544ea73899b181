import type { CarriedOutOf, Scenario, ScenarioClient } from '../harness/resource/scenario.ts';

/** What a leader does in its term, and then makes room. */
export const ACTS = 3;

export interface Office {
  readonly term: number;
}

export const operations = {
  lead: ({ term }: Office) => ({ state: { term: term + 1 }, answer: { begun: term + 1 } }),
  /** What only a leader may do. Nothing here looks whose term it is: that is what the lock is for. */
  act: (office: Office, { term: _term }: { readonly term: number }) => ({ state: office, answer: {} }),
};
export type Operations = typeof operations;

/** What is the same with and without the mistake. */
export const office: Omit<Scenario<Office, Operations>, 'name' | 'summary' | 'cycle'> = {
  resources: ({ names }) => Object.fromEntries(names.map((name) => [name, { term: 0 }])),
  rate: { operation: 'act', unit: 'acts of leaders' },
  operations,
  judge: (carriedOut) =>
    [...Map.groupBy(carriedOut, ({ resource }) => resource).values()].flatMap((all) => actsOfThePast(all)),
};

/** Whoever holds the lock leads, and stops when it is told that it does not hold it any longer. */
export const scenario: Scenario<Office, Operations> = {
  ...office,
  name: 'leader',
  summary:
    'whoever holds the lock leads for a term: when somebody of a later term has acted, nobody of an earlier one may',
  source: '002, 003: choosing a leader by a lock',
  async cycle(client) {
    await using use = await client.acquire(client.names[0]);
    const led = await use.do('lead');
    for (let act = 0; act < ACTS && !use.lost; act += 1) {
      await use.do('act', (door) => (led[door] === undefined ? undefined : { term: led[door].begun }));
      await use.work();
    }
  },
};

export type Client = ScenarioClient<Operations>;
type Done = CarriedOutOf<Operations>;

function actsOfThePast(all: readonly Done[]): ReturnType<Scenario<Office, Operations>['judge']> {
  let newest: Extract<Done, { operation: 'act' }> | undefined;
  return all.flatMap((one) => {
    if (one.operation !== 'act') return [];
    const { term } = one.values;
    if (newest === undefined || term >= newest.values.term) {
      newest = one;
      return [];
    }
    return [
      {
        invariant: 'terms of those who act never fall',
        summary: `client ${one.client} acted for ${one.resource} in term ${term} after client ${newest.client} had acted in term ${newest.values.term}`,
        operations: [newest, one],
      },
    ];
  });
}
