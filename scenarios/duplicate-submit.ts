import type { CarriedOutOf, Operation, Scenario } from '../harness/resource/scenario.ts';
import { note } from './judging/notes.ts';

export interface Desk {
  /** By idempotency key. */
  readonly orders: Readonly<Record<string, string>>;
  /** Until when somebody says to be at it, by the resource's clock. */
  readonly marks: Readonly<Record<string, number>>;
}

interface Request {
  readonly request: string;
}
interface Found {
  readonly found: string | null;
  readonly marked: boolean;
}

const find: Operation<Desk, Request, Found> = (desk, { request }, { now }) => ({
  state: desk,
  answer: { found: desk.orders[request] ?? null, marked: (desk.marks[request] ?? -1) > now },
});
const mark: Operation<Desk, Request & { readonly forMs: number }, object> = (desk, { request, forMs }, { now }) => ({
  state: { ...desk, marks: { ...desk.marks, [request]: now + forMs } },
  answer: {},
});

export const operations = {
  find,
  mark,
  create: (desk: Desk, { request, order }: Request & { readonly order: string }) => ({
    state: { ...desk, orders: { ...desk.orders, [request]: order } },
    answer: {},
  }),
  /** What whoever submitted was told. */
  answer: note<Desk, Request & { readonly told: string }>(),
};
export type Operations = typeof operations;

/** What is the same with and without the mistake. */
export const desk: Omit<Scenario<Desk, Operations>, 'name' | 'summary' | 'cycle'> = {
  resources: ({ names }) => Object.fromEntries(names.map((name) => [name, { orders: {}, marks: {} }])),
  operations,
  rate: { operation: 'answer', unit: 'answers' },
  looks: ['find', 'answer'],
  judge: (carriedOut) =>
    [...Map.groupBy(carriedOut, ({ resource }) => resource).values()].flatMap((all) => judgeOne(all)),
};

/** The key of a request, the same for several clients and for each of them twice. */
export const requestOf = ({ count }: { readonly count: number }): string => `r${count >> 1}`;

/** Whoever holds the lock looks whether the order is there, and creates it if it is not. */
export const scenario: Scenario<Desk, Operations> = {
  ...desk,
  name: 'duplicate-submit',
  summary:
    'takes orders that are submitted several times: one order for each idempotency key, and the same answer to all',
  source: '003 §6.1: the form that is sent twice',
  async cycle(client) {
    const request = requestOf(client);
    await using use = await client.acquire(client.names[0]);
    const seen = await use.do('find', { request });
    if (seen.plain !== undefined && seen.plain.found !== null) {
      await use.do('answer', (door) => {
        const told = seen[door]?.found ?? undefined;
        return told === undefined ? undefined : { request, told };
      });
      return;
    }
    await use.work();
    if (use.lost) return;
    const created = await use.do('create', (door) =>
      seen[door]?.found === null ? { request, order: client.turn } : undefined,
    );
    await client.do('answer', (door) => (created[door] === undefined ? undefined : { request, told: client.turn }));
  },
};

type Done = CarriedOutOf<Operations>;
type Creation = Extract<Done, { operation: 'create' }>;

function judgeOne(all: readonly Done[]): ReturnType<Scenario<Desk, Operations>['judge']> {
  const creations = new Map<string, Creation[]>();
  return all.flatMap((one) => {
    const { request } = one.values;
    const [first, ...others] = creations.get(request) ?? [];
    if (one.operation === 'create') {
      creations.set(request, first === undefined ? [one] : [first, ...others, one]);
      if (first === undefined) return [];
      const seen = all.findLast(
        ({ operation, client, place }) => operation === 'find' && client === one.client && place < one.place,
      );
      return [
        {
          invariant: 'there is one order for each idempotency key',
          summary: `${request} of ${one.resource} became order ${first.values.order} and order ${one.values.order}`,
          operations: [first, ...(seen === undefined ? [] : [seen]), one],
        },
      ];
    }
    if (one.operation !== 'answer' || first?.values.order === one.values.told) return [];
    const became = first === undefined ? 'no order' : `order ${first.values.order}`;
    return [
      {
        invariant: 'everybody is given the answer of the first',
        summary: `client ${one.client} was told order ${one.values.told} for ${request} of ${one.resource}, which was first ${became}`,
        operations: [...(first === undefined ? [] : [first]), ...others, one],
      },
    ];
  });
}
