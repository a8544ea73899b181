import type { CarriedOutOf, Scenario, ScenarioClient } from '../harness/resource/scenario.ts';
import { note } from './judging/notes.ts';

/** Changes come in bursts of at most so many, this far apart. */
const BURST = 3;
const APART_MS = 3;
/** Whoever finds newer changes after each reload leaves them to others after so many. */
const ROUNDS = 5;

export interface Config {
  /** The last change, and the one that is loaded everywhere. */
  readonly version: number;
  readonly loaded: number;
}

export const operations = {
  change: ({ version, loaded }: Config) => ({
    state: { version: version + 1, loaded },
    answer: { changed: version + 1 },
  }),
  look: (config: Config) => ({ state: config, answer: { latest: config.version, loaded: config.loaded } }),
  reload: ({ version }: Config, { reloaded }: { readonly reloaded: number }) => ({
    state: { version, loaded: reloaded },
    answer: {},
  }),
  /** Whoever made this change takes it for loaded. */
  settled: note<Config, { readonly settled: number }>(),
};
export type Operations = typeof operations;
export type Client = ScenarioClient<Operations>;

/** What is the same with and without the mistake. */
export const config: Omit<Scenario<Config, Operations>, 'name' | 'summary' | 'cycle'> = {
  resources: ({ names }) => Object.fromEntries(names.map((name) => [name, { version: 0, loaded: 0 }])),
  operations,
  rate: { operation: 'settled', unit: 'bursts of changes' },
  looks: ['look', 'settled'],
  judge: (carriedOut) =>
    [...Map.groupBy(carriedOut, ({ resource }) => resource).values()].flatMap((all) => judgeOne(all)),
};

/** Some changes, one soon after the other. @returns the last */
export async function change(client: Client): Promise<number> {
  let last = 0;
  for (let left = 1 + Math.floor(client.random() * BURST); left > 0; left -= 1) {
    last = (await client.do('change')).plain?.changed ?? last;
    await client.sleep(APART_MS);
  }
  return last;
}

/** After a burst of changes: under the lock, until what is loaded is the latest; others then find nothing left to do. */
export const scenario: Scenario<Config, Operations> = {
  ...config,
  name: 'config-reload',
  summary: 'reloads a configuration after changes: once for a burst of them, and the last version wins',
  source: '002: the reload of a configuration',
  async cycle(client) {
    const last = await change(client);
    await using use = await client.acquire(client.names[0]);
    for (let round = 0; round < ROUNDS; round += 1) {
      const seen = await use.do('look');
      if (seen.plain === undefined || seen.plain.loaded >= seen.plain.latest) break;
      await use.work();
      const again = await use.do('look');
      if (use.lost) return;
      await use.do('reload', (door) =>
        again[door] === undefined || again[door].loaded >= again[door].latest
          ? undefined
          : { reloaded: again[door].latest },
      );
    }
    await use.do('settled', { settled: last });
  },
};

type Done = CarriedOutOf<Operations>;
type Reload = Extract<Done, { operation: 'reload' }>;

function judgeOne(all: readonly Done[]): ReturnType<Scenario<Config, Operations>['judge']> {
  const lookBefore = (one: Done): readonly Done[] =>
    all
      .filter(({ operation, client, place }) => operation === 'look' && client === one.client && place < one.place)
      .slice(-1);
  let newest: Reload | undefined;
  return all.flatMap((one) => {
    const { resource, client } = one;
    if (one.operation === 'reload') {
      const { reloaded } = one.values;
      const before = newest;
      if (before === undefined || reloaded > before.values.reloaded) newest = one;
      if (before === undefined || reloaded > before.values.reloaded) return [];
      const again = reloaded === before.values.reloaded;
      return [
        {
          invariant: again ? 'a version is reloaded once' : 'the last version wins',
          summary: again
            ? `client ${client} reloaded version ${reloaded} of ${resource} again`
            : `client ${client} loaded version ${reloaded} of ${resource} over version ${before.values.reloaded}`,
          operations: [before, ...lookBefore(one), one],
        },
      ];
    }
    if (one.operation !== 'settled' || (newest?.values.reloaded ?? 0) >= one.values.settled) return [];
    const made = all.find((other) => other.operation === 'change' && other.values.changed === one.values.settled);
    const loaded = newest === undefined ? [] : [...lookBefore(newest), newest];
    return [
      {
        invariant: 'a change that was made is loaded',
        summary: `client ${client} took version ${one.values.settled} of ${resource} for loaded, and ${newest?.values.reloaded ?? 0} was`,
        operations: [...loaded, ...(made === undefined ? [] : [made]), one],
      },
    ];
  });
}
