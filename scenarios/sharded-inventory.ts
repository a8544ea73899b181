import type { CarriedOutOf, LeaseInUse, Scenario, ScenarioClient, ScenarioPlan } from '../harness/resource/scenario.ts';
import { undone } from './judging/changes.ts';
import { note } from './judging/notes.ts';

/** Of each shard, at first. */
const stockOf = ({ endless }: ScenarioPlan): number => (endless ? 1_000_000_000 : 10);
/** Of all cycles, those that move some from one shard to another although there is something left to sell. */
const MOVES = 0.3;

export interface Shard {
  readonly left: number;
}
interface By {
  readonly by: string;
}

export const operations = {
  look: (shard: Shard, _by: By) => ({ state: shard, answer: { seen: shard.left } }),
  /** Each stores what was computed from what was seen. */
  sell: (_shard: Shard, { read }: By & { readonly read: number }) => ({ state: { left: read - 1 }, answer: {} }),
  shift: (_shard: Shard, { read, count }: By & { readonly read: number; readonly count: number }) => ({
    state: { left: read + count },
    answer: {},
  }),
  moved: note<Shard, By>(),
};
export type Operations = typeof operations;
export type Client = ScenarioClient<Operations>;
type Use = LeaseInUse<Operations>;

/** What is the same with and without the mistake. */
export const inventory: Omit<Scenario<Shard, Operations>, 'name' | 'summary' | 'cycle'> = {
  leastNames: 2,
  resources: (plan) => Object.fromEntries(plan.names.map((name) => [name, { left: stockOf(plan) }])),
  operations,
  rate: { operation: 'sell', unit: 'units sold' },
  looks: ['look', 'moved'],
  judge: (carriedOut, plan) => [
    ...undone(
      carriedOut,
      'no unit is lost or made where others sell or move',
      ({ operation }) => operation === 'sell' || operation === 'shift',
      ({ values }) => values.by,
    ),
    ...oversold(carriedOut, plan.names.length * stockOf(plan)),
    ...halfMoved(carriedOut),
  ],
};

/** Sells one of what is left in this shard. @returns whether there was any */
export async function sell(client: Client, use: Use): Promise<boolean> {
  const by = client.turn;
  const before = await use.do('look', { by });
  if (before.plain?.seen === 0) return false;
  await use.work();
  if (use.lost) return true;
  await use.do('sell', (door) => ((before[door]?.seen ?? 0) > 0 ? { by, read: before[door]?.seen ?? 0 } : undefined));
  return true;
}

/** Moves half of what `from` has to `to`. The operations on each are done under the lease that is given for it. */
export async function move(client: Client, from: string, to: string, of: Use, under: Use): Promise<void> {
  const by = client.turn;
  const [source, target] = [await of.do('look', { by }, from), await under.do('look', { by }, to)];
  await of.work();
  if (of.lost || under.lost) return;
  const half = (door: 'plain' | 'fenced'): number =>
    source[door] === undefined || target[door] === undefined ? 0 : Math.floor(source[door].seen / 2);
  const taken = await of.do(
    'shift',
    (door) => (half(door) > 0 ? { by, read: source[door]?.seen ?? 0, count: -half(door) } : undefined),
    from,
  );
  if (under.lost) return;
  await under.do(
    'shift',
    (door) => (taken[door] === undefined ? undefined : { by, read: target[door]?.seen ?? 0, count: half(door) }),
    to,
  );
  if (taken.plain !== undefined) await client.do('moved', (door) => (door === 'plain' ? { by } : undefined));
}

/** Sells from the shard whose turn it is, and moves some there now and then, under the locks of both. */
export const scenario: Scenario<Shard, Operations> = {
  ...inventory,
  name: 'sharded-inventory',
  summary: 'sells from a stock in several shards, each with its lock, and moves between them under the locks of both',
  source: '001 §2: the stock of a hot item, cut in pieces',
  async cycle(client) {
    const [own, next = own] = client.names;
    if (client.random() >= MOVES || own === next) {
      await using use = await client.acquire(own);
      await sell(client, use);
      return;
    }
    await client.using([own, next], async (leases) => {
      const [of, under] = [next, own].map((name) => leases.find((lease) => lease.name === name));
      if (of !== undefined && under !== undefined) await move(client, next, own, of, under);
    });
  },
};

type Done = CarriedOutOf<Operations>;
type Found = ReturnType<Scenario<Shard, Operations>['judge']>;

function oversold(all: readonly Done[], stock: number): Found {
  const sales = all.filter(({ operation }) => operation === 'sell');
  const over = sales[stock];
  if (over === undefined) return [];
  return [
    {
      invariant: 'no more is sold than there was in all shards',
      summary: `${sales.length} were sold, and there were ${stock}`,
      operations: sales.slice(0, stock + 1),
    },
  ];
}

/** A move that says to be done has taken and put. One that was cut off in the middle says nothing. */
function halfMoved(all: readonly Done[]): Found {
  return all.flatMap((one) => {
    if (one.operation !== 'moved') return [];
    const shifts = all.filter(({ operation, values }) => operation === 'shift' && values.by === one.values.by);
    if (shifts.length === 2) return [];
    return [
      {
        invariant: 'what is taken from one shard is put into another',
        summary: `${one.values.by} took part in ${shifts.length} of the two steps of its move`,
        operations: [...shifts, one],
      },
    ];
  });
}
