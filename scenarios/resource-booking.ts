import type { CarriedOutOf, Operation, Scenario, ScenarioClient } from '../harness/resource/scenario.ts';
import { Ledger } from './judging/ledger.ts';

/** A booking ends by itself then: whoever booked may have died. */
const BOOKED_MS = 200;

export interface Slot {
  readonly owner: string | null;
  /** By the resource's clock. */
  readonly untilMs: number;
}

interface By {
  readonly by: string;
}
const ownerOf = ({ owner, untilMs }: Slot, now: number): string | null => (untilMs > now ? owner : null);

const look: Operation<Slot, By, { readonly owner: string | null }> = (slot, _by, { now }) => ({
  state: slot,
  answer: { owner: ownerOf(slot, now) },
});
const book: Operation<Slot, By, { readonly instead: string | null }> = (slot, { by }, { now }) => ({
  state: { owner: by, untilMs: now + BOOKED_MS },
  answer: { instead: ownerOf(slot, now) },
});
const free: Operation<Slot, By, { readonly freed: string | null }> = (slot, _by, { now }) => ({
  state: { owner: null, untilMs: 0 },
  answer: { freed: ownerOf(slot, now) },
});

export const operations = { look, book, free };
export type Operations = typeof operations;

/** What is the same with and without the mistake. */
export const slot: Omit<Scenario<Slot, Operations>, 'name' | 'summary' | 'cycle'> = {
  resources: ({ names }) => Object.fromEntries(names.map((name) => [name, { owner: null, untilMs: 0 }])),
  operations,
  rate: { operation: 'book', unit: 'bookings' },
  looks: ['look'],
  judge: (carriedOut) =>
    [...Map.groupBy(carriedOut, ({ resource }) => resource).values()].flatMap((all) => judgeOne(all)),
};

/** Books a slot that is free, under the lock. @returns whether it is booked behind each door */
export async function bookFree(
  client: ScenarioClient<Operations>,
): Promise<Readonly<Partial<Record<'plain' | 'fenced', object>>>> {
  const by = client.turn;
  await using use = await client.acquire(client.names[0]);
  const seen = await use.do('look', { by });
  await use.work();
  if (use.lost) return {};
  return await use.do('book', (door) => (seen[door]?.owner === null ? { by } : undefined));
}

/** How long it is used, in milliseconds; others may hold the lock meanwhile. */
export const usedMs = (client: ScenarioClient<Operations>): number => 5 + client.random() * 40;

/** The lock is held to book and to free; the slot is used in between. */
export const scenario: Scenario<Slot, Operations> = {
  ...slot,
  name: 'resource-booking',
  summary: "books a slot, uses it and frees it: one owner at a time, and nobody frees what is another's",
  source: '003 §6.2: a resource that is occupied',
  async cycle(client) {
    const by = client.turn;
    const booked = await bookFree(client);
    if (booked.plain === undefined) return;
    await client.sleep(usedMs(client));
    await using use = await client.acquire(client.names[0]);
    const seen = await use.do('look', { by });
    if (use.lost) return;
    await use.do('free', (door) => (seen[door]?.owner === by ? { by } : undefined));
  },
};

type Done = CarriedOutOf<Operations>;

function judgeOne(all: readonly Done[]): ReturnType<Scenario<Slot, Operations>['judge']> {
  const ledger = new Ledger<Done>(all, {
    readBy: (write) =>
      all.findLast(
        ({ operation, values, place }) => operation === 'look' && values.by === write.values.by && place < write.place,
      ),
    writes: ({ operation }) => operation !== 'look',
  });
  const bookingOf = (owner: string): Done | undefined =>
    all.find(({ operation, values }) => operation === 'book' && values.by === owner);
  return all.flatMap((one) => {
    if (one.operation === 'look') return [];
    const [other, invariant, what] =
      one.operation === 'book'
        ? ([one.values.instead, 'a slot is booked by one at a time', 'booked'] as const)
        : ([one.values.freed, 'only its owner frees a slot', 'freed'] as const);
    const { by } = one.values;
    const booking = other === null || other === by ? undefined : bookingOf(other);
    if (booking === undefined) return [];
    return [
      {
        invariant,
        summary: `${by} ${what} ${one.resource} while it was booked by ${other}`,
        operations: ledger.since(booking, one),
      },
    ];
  });
}
