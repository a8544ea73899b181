import type { CarriedOutOf, Operation, Scenario } from '../harness/resource/scenario.ts';

/** No more than so many are let through in any such time. */
export const LIMIT = 2;
export const WINDOW_MS = 80;
/** No more are ever in a window. */
const KEPT = 50;

export interface Gate {
  /** When the last ones were let through, in milliseconds of some clock. */
  readonly passes: readonly number[];
}

const count: Operation<Gate, object, { readonly inWindow: number }> = (gate, _asked, { now }) => ({
  state: gate,
  answer: { inWindow: gate.passes.filter((at) => at > now - WINDOW_MS).length },
});
/** `stampMs`: by the clock of whoever passes; default: by the resource's. */
const pass: Operation<Gate, { readonly stampMs?: number }, object> = ({ passes }, { stampMs }, { now }) => ({
  state: { passes: [...passes, stampMs ?? now].slice(-KEPT) },
  answer: {},
});

export const operations = {
  count,
  list: (gate: Gate) => ({ state: gate, answer: { passes: gate.passes } }),
  pass,
};
export type Operations = typeof operations;

/** What is the same with and without the mistake. */
export const gate: Omit<Scenario<Gate, Operations>, 'name' | 'summary' | 'cycle'> = {
  resources: ({ names }) => Object.fromEntries(names.map((name) => [name, { passes: [] }])),
  operations,
  rate: { operation: 'pass', unit: 'passes' },
  looks: ['count', 'list'],
  judge: (carriedOut) =>
    [...Map.groupBy(carriedOut, ({ resource }) => resource).values()].flatMap((all) => crowdedWindows(all)),
};

/** Counts under the lock how many were let through, by the clock of the resource, and lets one more through if it may. */
export const scenario: Scenario<Gate, Operations> = {
  ...gate,
  name: 'rate-limit',
  summary: `lets at most ${LIMIT} through in any ${WINDOW_MS} ms, counted under the lock by the clock of the resource`,
  source: '001: the limit of requests',
  async cycle(client) {
    await using use = await client.acquire(client.names[0]);
    const seen = await use.do('count');
    await use.work();
    if (use.lost) return;
    await use.do('pass', (door) => ((seen[door]?.inWindow ?? LIMIT) < LIMIT ? {} : undefined));
  },
};

type Done = CarriedOutOf<Operations>;

function crowdedWindows(all: readonly Done[]): ReturnType<Scenario<Gate, Operations>['judge']> {
  const passes = all.filter(({ operation }) => operation === 'pass');
  return passes.flatMap((last, index) => {
    const first = passes[index - LIMIT];
    if (first === undefined || last.atMs - first.atMs >= WINDOW_MS) return [];
    const counted = all.findLast(
      ({ operation, client, place }) => operation !== 'pass' && client === last.client && place < last.place,
    );
    const took = (last.atMs - first.atMs).toFixed(1);
    return [
      {
        invariant: `no more than ${LIMIT} are let through in any ${WINDOW_MS} ms`,
        summary: `${LIMIT + 1} were let through ${last.resource} within ${took} ms`,
        operations: [
          ...passes.slice(index - LIMIT, index),
          ...(counted === undefined || counted.place < first.place ? [] : [counted]),
          last,
        ],
      },
    ];
  });
}
