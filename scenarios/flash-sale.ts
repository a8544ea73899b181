import type { CarriedOutOf, Scenario, ScenarioClient, ScenarioPlan } from '../harness/resource/scenario.ts';
import { Ledger } from './judging/ledger.ts';

/** Few enough to be sold out in most plans. */
const stockOf = ({ endless }: ScenarioPlan): number => (endless ? 1_000_000_000 : 12);

export interface Shop {
  readonly left: number;
}

export const operations = {
  look: (shop: Shop, _of: { readonly buyer: string }) => ({ state: shop, answer: { left: shop.left } }),
  /** Stores what the seller computed from the stock that it saw, and gives away the unit with that number. */
  sell: (_shop: Shop, { seen }: { readonly buyer: string; readonly seen: number }) => ({
    state: { left: seen - 1 },
    answer: { unit: seen },
  }),
  /** What a buyer was told; `null`: that all is sold. */
  tell: (shop: Shop, _said: { readonly buyer: string; readonly told: number | null }) => ({ state: shop, answer: {} }),
};
export type Operations = typeof operations;

/** What is the same with and without the mistake. */
export const shop: Omit<Scenario<Shop, Operations>, 'name' | 'summary' | 'cycle'> = {
  resources: (plan) => Object.fromEntries(plan.names.map((name) => [name, { left: stockOf(plan) }])),
  operations,
  rate: { operation: 'sell', unit: 'units sold' },
  looks: ['look', 'tell'],
  judge: (carriedOut, plan) =>
    [...Map.groupBy(carriedOut, ({ resource }) => resource).values()].flatMap((all) => [
      ...soldTwice(all),
      ...oversold(all, stockOf(plan)),
      ...lies(all, stockOf(plan)),
    ]),
};

/**
 * Sell while there is stock: look, work, and take one away. `bench --scenario flash-sale` does the same behind HTTP; here the
 * workers are the shop.
 */
export const scenario: Scenario<Shop, Operations> = {
  ...shop,
  name: 'flash-sale',
  summary: 'sells from a stock: whoever finds some left takes one away, and every buyer is told what became of it',
  source: '000, 001, 002: the sale of a scarce item',
  async cycle(client) {
    const buyer = client.turn;
    await using use = await client.acquire(client.names[0]);
    const seen = await use.do('look', { buyer });
    await use.work();
    if (use.lost) return;
    const sold = await use.do('sell', (door) => {
      const { left = 0 } = seen[door] ?? {};
      return left > 0 ? { buyer, seen: left } : undefined;
    });
    await tell(client, (door) => (seen[door]?.left === 0 ? null : sold[door]?.unit));
  },
};

/** @param answer the unit, `null` for none, `undefined` where a door let nobody in */
export async function tell(
  client: ScenarioClient<Operations>,
  answer: (door: 'plain' | 'fenced') => number | null | undefined,
): Promise<void> {
  await client.do('tell', (door) => {
    const told = answer(door);
    return told === undefined ? undefined : { buyer: client.turn, told };
  });
}

type Done = CarriedOutOf<Operations>;
type Found = ReturnType<Scenario<Shop, Operations>['judge']>;
type Sale = Extract<Done, { operation: 'sell' }>;

const isSale = (one: Done): one is Sale => one.operation === 'sell';

/** What a seller saw: the last look for the same buyer. */
const ledgerOf = (all: readonly Done[]): Ledger<Done> =>
  new Ledger(all, {
    readBy: (sale) =>
      all.findLast(
        ({ operation, values, place }) =>
          operation === 'look' && values.buyer === sale.values.buyer && place < sale.place,
      ),
    writes: isSale,
  });

function soldTwice(all: readonly Done[]): Found {
  const ledger = ledgerOf(all);
  const first = new Map<number, Sale>();
  return all.filter(isSale).flatMap((sale) => {
    const { unit, buyer } = sale.values;
    const before = first.get(unit);
    if (before === undefined) {
      first.set(unit, sale);
      return [];
    }
    return [
      {
        invariant: 'no unit is sold twice',
        summary: `unit ${unit} of ${sale.resource} was sold to ${before.values.buyer} and again to ${buyer}`,
        operations: ledger.since(before, sale),
      },
    ];
  });
}

function oversold(all: readonly Done[], stock: number): Found {
  const sales = all.filter(isSale);
  const last = sales[stock];
  if (last === undefined) return [];
  return [
    {
      invariant: 'no more is sold than there was',
      summary: `${sales.length} units of ${last.resource} were sold, and there were ${stock}`,
      operations: sales.slice(0, stock + 1),
    },
  ];
}

/** A buyer is told the unit that was sold to it, or that all is sold when all is. */
function lies(all: readonly Done[], stock: number): Found {
  const sales = new Map<string, Sale>();
  return all.flatMap((one) => {
    if (isSale(one)) sales.set(one.values.buyer, one);
    if (one.operation !== 'tell') return [];
    const { buyer, told } = one.values;
    const sale = sales.get(buyer);
    const isTrue = told === null ? sale === undefined && sales.size >= stock : sale?.values.unit === told;
    if (isTrue) return [];
    const was =
      sale === undefined ? `it was sold none, and ${sales.size} of ${stock} were` : `it was sold ${sale.values.unit}`;
    return [
      {
        invariant: 'every buyer is told the truth',
        summary: `${buyer} was told ${told === null ? 'that all is sold' : `it has unit ${told}`} of ${one.resource}, but ${was}`,
        operations: [...sales.values(), one],
      },
    ];
  });
}
