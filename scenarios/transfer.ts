import type { CarriedOutOf, LeaseInUse, Scenario, ScenarioClient } from '../harness/resource/scenario.ts';
import { undone } from './judging/changes.ts';
import { note } from './judging/notes.ts';

const BALANCE = 100;

export interface Account {
  readonly balance: number;
}
interface Of {
  /** Name of the transfer. */
  readonly transfer: string;
}

export const operations = {
  /** Waits for the lock of this account; has it, and waits no longer. */
  want: note<Account, Of>(),
  hold: note<Account, Of>(),
  look: (account: Account, _of: Of) => ({ state: account, answer: { seen: account.balance } }),
  /** Stores what was computed from the balance that was seen. */
  put: (_account: Account, { read, amount }: Of & { readonly read: number; readonly amount: number }) => ({
    state: { balance: read + amount },
    answer: { left: read + amount },
  }),
  over: note<Account, Of & { readonly how: 'paid' | 'refused' | 'gave up' }>(),
};
export type Operations = typeof operations;
export type Client = ScenarioClient<Operations>;

/** What is the same with and without the mistake. */
export const bank: Omit<Scenario<Account, Operations>, 'name' | 'summary' | 'cycle'> = {
  leastNames: 2,
  resources: ({ names }) => Object.fromEntries(names.map((name) => [name, { balance: BALANCE }])),
  operations,
  rate: { operation: 'over', unit: 'transfers' },
  looks: ['want', 'hold', 'look', 'over'],
  judge: (carriedOut) => [
    ...undone(
      carriedOut,
      'the sum of all balances stays the same',
      ({ operation }) => operation === 'put',
      ({ values }) => values.transfer,
    ),
    ...overdrawn(carriedOut),
    ...halfPaid(carriedOut),
    ...deadlocks(carriedOut),
  ],
};

/** From whom, to whom (now and then to oneself), and how much. */
export function drawn(client: Client): { readonly from: string; readonly to: string; readonly amount: number } {
  const { names } = client;
  const to = names[Math.floor(client.random() * names.length)] ?? names[0];
  return { from: names[0], to, amount: 1 + Math.floor(client.random() * 60) };
}

/** Takes the locks in this order, and does the routine under them. A lock that was waited for in vain ends it. */
export async function underLocks(
  client: Client,
  order: readonly string[],
  routine: (leases: ReadonlyMap<string, LeaseInUse<Operations>>) => Promise<void>,
): Promise<void> {
  const transfer = client.turn;
  await using stack = new AsyncDisposableStack();
  const leases = new Map<string, LeaseInUse<Operations>>();
  for (const name of order) {
    await client.do('want', { transfer }, name);
    try {
      leases.set(name, stack.use(await client.acquire(name)));
    } catch (error) {
      await client.do('over', { transfer, how: 'gave up' });
      throw error;
    }
    await leases.get(name)?.do('hold', { transfer });
  }
  await routine(leases);
}

export type Balances = Readonly<Partial<Record<'plain' | 'fenced', { readonly seen: number }>>>;

/**
 * Takes from one what it gives to the other, each computed from what was seen of it.
 * @param before what was seen of the one it is taken from
 */
export async function pay(
  client: Client,
  { from, to, amount }: ReturnType<typeof drawn>,
  leases: ReadonlyMap<string, LeaseInUse<Operations>>,
  before: Balances,
): Promise<void> {
  const transfer = client.turn;
  const [source, target] = [leases.get(from), leases.get(to)];
  if (source === undefined || target === undefined || source.lost || target.lost) return;
  const enough = (door: 'plain' | 'fenced'): boolean => (before[door]?.seen ?? 0) >= amount;
  const taken = await source.do('put', (door) =>
    enough(door) ? { transfer, read: before[door]?.seen ?? 0, amount: -amount } : undefined,
  );
  // Only now: it may be the same account.
  const there = await target.do('look', { transfer });
  if (target.lost) return;
  await target.do('put', (door) =>
    taken[door] !== undefined && there[door] !== undefined ? { transfer, read: there[door].seen, amount } : undefined,
  );
  await client.do('over', { transfer, how: enough('plain') ? 'paid' : 'refused' });
}

/** Both accounts are locked, in the order of their names, before anything is looked at. */
export const scenario: Scenario<Account, Operations> = {
  ...bank,
  name: 'transfer',
  summary:
    'moves money between accounts under two locks: the sum stays the same, no balance falls below zero, nobody waits for ever',
  source: '001: the bank',
  async cycle(client) {
    const draw = drawn(client);
    await underLocks(client, [...new Set([draw.from, draw.to])].toSorted(), async (leases) => {
      const source = leases.get(draw.from);
      if (source === undefined) return;
      const before = await source.do('look', { transfer: client.turn });
      await source.work();
      await pay(client, draw, leases, before);
    });
  },
};

type Done = CarriedOutOf<Operations>;
type Found = ReturnType<Scenario<Account, Operations>['judge']>;

function overdrawn(all: readonly Done[]): Found {
  return all.flatMap((one) =>
    one.operation !== 'put' || one.values.left >= 0
      ? []
      : [
          {
            invariant: 'no balance falls below zero',
            summary: `${one.values.transfer} left ${one.values.left} on ${one.resource}`,
            operations: [one],
          },
        ],
  );
}

/** A transfer that says to be paid has taken and given. One that was cut off in the middle says nothing. */
function halfPaid(all: readonly Done[]): Found {
  const puts = Map.groupBy(
    all.filter(({ operation }) => operation === 'put'),
    ({ values }) => values.transfer,
  );
  return all.flatMap((one) => {
    if (one.operation !== 'over') return [];
    const { transfer, how } = one.values;
    const made = puts.get(transfer) ?? [];
    if (made.length === (how === 'paid' ? 2 : 0)) return [];
    return [
      {
        invariant: 'a transfer takes and gives, or does neither',
        summary: `${transfer} ended as "${how}" after ${made.length} of its two steps`,
        operations: [...made, one],
      },
    ];
  });
}

interface Waiter {
  readonly holds: Map<string, Done>;
  wants: Done | undefined;
}

/** Somebody gave up waiting for what another held who waited for what it held itself, in a circle of any length. */
function deadlocks(all: readonly Done[]): Found {
  const waiters = new Map<string, Waiter>();
  return all.flatMap((one) => {
    const { transfer } = one.values;
    const waiter = waiters.get(transfer) ?? { holds: new Map<string, Done>(), wants: undefined };
    waiters.set(transfer, waiter);
    if (one.operation === 'want') waiter.wants = one;
    if (one.operation === 'hold') {
      waiter.wants = undefined;
      // Who held it before does not any longer, whatever became of it.
      for (const other of waiters.values()) other.holds.delete(one.resource);
      waiter.holds.set(one.resource, one);
    }
    if (one.operation !== 'over') return [];
    const circle = one.values.how === 'gave up' ? circleFrom(waiters, waiter) : undefined;
    waiters.delete(transfer);
    if (circle === undefined) return [];
    const names = circle.map(({ values }) => values.transfer);
    return [
      {
        invariant: 'nobody waits for ever',
        summary: `${[...new Set(names)].join(' and ')} each waited for an account that the next one held`,
        operations: [...circle, one].toSorted((a, b) => a.place - b.place),
      },
    ];
  });
}

function circleFrom(waiters: ReadonlyMap<string, Waiter>, first: Waiter): Done[] | undefined {
  const named: Done[] = [];
  const seen = new Set<Waiter>();
  for (let at: Waiter | undefined = first; at !== undefined && !seen.has(at);) {
    seen.add(at);
    const wants: Done | undefined = at.wants;
    if (wants === undefined) return undefined;
    const holder: Waiter | undefined = [...waiters.values()].find(({ holds }) => holds.has(wants.resource));
    const held = holder?.holds.get(wants.resource);
    if (held === undefined) return undefined;
    named.push(held, wants);
    if (holder === first) return seen.size > 1 ? named : undefined;
    at = holder;
  }
  return undefined;
}
