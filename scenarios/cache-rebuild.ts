import type { CarriedOutOf, Scenario, ScenarioClient } from '../harness/resource/scenario.ts';
import { note } from './judging/notes.ts';

/** Of all cycles, those that write. */
const WRITES = 0.4;

export interface Store {
  /** Version of what is stored, and of what the cache has of it. */
  readonly stored: number;
  readonly cached: number | null;
}

export const operations = {
  get: (store: Store) => ({ state: store, answer: { hit: store.cached } }),
  current: (store: Store) => ({ state: store, answer: { current: store.stored } }),
  store: (store: Store, { version }: { readonly version: number }) => ({
    state: { ...store, stored: version },
    answer: {},
  }),
  drop: (store: Store) => ({ state: { ...store, cached: null }, answer: {} }),
  /** What the cache is rebuilt from. */
  load: (store: Store) => ({ state: store, answer: { loaded: store.stored } }),
  fill: (store: Store, { filled }: { readonly filled: number }) => ({
    state: { ...store, cached: filled },
    answer: {},
  }),
  /** A write has ended; a read has begun; and has ended, with this version. */
  wrote: note<Store, { readonly written: number }>(),
  asked: note<Store, { readonly reader: string }>(),
  saw: note<Store, { readonly reader: string; readonly seen: number }>(),
};
export type Operations = typeof operations;
export type Client = ScenarioClient<Operations>;

/** What is the same with and without the mistake. */
export const store: Omit<Scenario<Store, Operations>, 'name' | 'summary' | 'cycle'> = {
  resources: ({ names }) => Object.fromEntries(names.map((name) => [name, { stored: 1, cached: null }])),
  operations,
  rate: { operation: 'saw', unit: 'reads' },
  looks: ['get', 'current', 'load', 'wrote', 'asked', 'saw'],
  judge: (carriedOut) =>
    [...Map.groupBy(carriedOut, ({ resource }) => resource).values()].flatMap((all) => [
      ...staleReads(all),
      ...rebuiltAtOnce(all),
    ]),
};

/** Writes the next version and empties the cache, under the lock `lock`. */
export async function write(client: Client, lock: string): Promise<void> {
  const [on] = client.names;
  await using use = await client.acquire(lock);
  const seen = await use.do('current', {}, on);
  await use.work();
  if (use.lost) return;
  const version = (door: 'plain' | 'fenced'): { version: number } | undefined =>
    seen[door] === undefined ? undefined : { version: seen[door].current + 1 };
  const stored = await use.do('store', version, on);
  if (use.lost) return;
  const dropped = await use.do('drop', {}, on);
  await client.do('wrote', (door) => {
    const { version: written } = version(door) ?? {};
    return stored[door] === undefined || dropped[door] === undefined || written === undefined ? undefined : { written };
  });
}

/** Reads from the cache, and rebuilds it under the lock `lock` where it is empty. */
export async function read(client: Client, lock: string): Promise<void> {
  const [on] = client.names;
  const reader = client.turn;
  await client.do('asked', { reader });
  const got = await client.do('get');
  const seen = got.plain?.hit ?? (await rebuild(client, lock, on));
  if (seen !== undefined) await client.do('saw', (door) => (door === 'plain' ? { reader, seen } : undefined));
}

/** @returns the version, unless the lock was lost meanwhile */
async function rebuild(client: Client, lock: string, on: string): Promise<number | undefined> {
  await using use = await client.acquire(lock);
  const again = await use.do('get', {}, on);
  if (again.plain !== undefined && again.plain.hit !== null) return again.plain.hit;
  const loaded = await use.do('load', {}, on);
  await use.work();
  if (use.lost) return undefined;
  await use.do('fill', (door) => (loaded[door] === undefined ? undefined : { filled: loaded[door].loaded }), on);
  return loaded.plain?.loaded;
}

/** Writers and whoever rebuilds take the same lock. */
export const scenario: Scenario<Store, Operations> = {
  ...store,
  name: 'cache-rebuild',
  summary:
    'rebuilds a cache when it is empty, one at a time: no reader sees less than what had been written before it came',
  source: '001: the cache that everybody rebuilds at once',
  async cycle(client) {
    const [lock] = client.names;
    if (client.random() < WRITES) await write(client, lock);
    else await read(client, lock);
  },
};

type Done = CarriedOutOf<Operations>;
type Found = ReturnType<Scenario<Store, Operations>['judge']>;

function staleReads(all: readonly Done[]): Found {
  const began = new Map<string, Done>();
  let newest: Extract<Done, { operation: 'wrote' }> | undefined;
  const newestWhenAsked = new Map<string, typeof newest>();
  return all.flatMap((one) => {
    if (one.operation === 'wrote' && one.values.written > (newest?.values.written ?? 0)) newest = one;
    if (one.operation === 'asked') {
      began.set(one.values.reader, one);
      newestWhenAsked.set(one.values.reader, newest);
    }
    if (one.operation !== 'saw') return [];
    const { reader, seen } = one.values;
    const newer = newestWhenAsked.get(reader);
    const asked = began.get(reader);
    if (newer === undefined || asked === undefined || seen >= newer.values.written) return [];
    const { resource, client } = one;
    return [
      {
        invariant: 'no reader sees less than what had been written before it came',
        summary: `client ${client} saw version ${seen} of ${resource} although ${newer.values.written} had been written when it asked`,
        operations: [...producersOf(all, seen, newer, one), newer, asked, one],
      },
    ];
  });
}

/** Who put this version into the cache last, what that was loaded by, and who stored the newer one. */
function producersOf(all: readonly Done[], seen: number, newer: Done, saw: Done): Done[] {
  const before = all.filter(({ place }) => place < saw.place);
  const last = (name: Done['operation'], of: Done | undefined): Done | undefined =>
    before.findLast(
      ({ operation, client, place }) => operation === name && client === of?.client && place < (of?.place ?? 0),
    );
  const fill = before.findLast((one) => one.operation === 'fill' && one.values.filled === seen);
  const stored = last('store', newer);
  // An older version may have been stored over the newer one.
  const older = before.findLast(
    (one) => one.operation === 'store' && one.values.version === seen && one.place > (stored?.place ?? Infinity),
  );
  return [last('load', fill), fill, stored, last('drop', newer), older].filter((one) => one !== undefined);
}

function rebuiltAtOnce(all: readonly Done[]): Found {
  const loads = all.filter(({ operation }) => operation === 'load');
  return all.flatMap((fill) => {
    if (fill.operation !== 'fill') return [];
    const load = loads.findLast(({ lease, place }) => lease === fill.lease && place < fill.place);
    const other = loads.find(
      ({ lease, place }) => lease !== fill.lease && place > (load?.place ?? Infinity) && place < fill.place,
    );
    if (load === undefined || other === undefined) return [];
    return [
      {
        invariant: 'one client at a time rebuilds the cache',
        summary: `client ${other.client} began to rebuild ${fill.resource} while client ${fill.client} was at it`,
        operations: [load, other, fill],
      },
    ];
  });
}
