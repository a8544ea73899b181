import type { CarriedOutOf, LeaseInUse, Scenario, ScenarioClient, ScenarioPlan } from '../harness/resource/scenario.ts';
import { undone } from './judging/changes.ts';

const seatsOf = ({ endless }: ScenarioPlan): number => (endless ? 1_000_000_000 : 20);
/** Of all sagas, those of which a step fails. */
const FAILS = 0.4;

export interface Flight {
  readonly free: number;
  /** Sagas that have a seat. */
  readonly taken: readonly string[];
}
interface Of {
  readonly saga: string;
}
type Step = Of & { readonly read: number };

export const operations = {
  look: ({ free, taken }: Flight, { saga }: Of) => ({
    state: { free, taken },
    answer: { seen: free, mine: taken.includes(saga) },
  }),
  /** Each stores what was computed from what was seen. */
  step: ({ taken }: Flight, { saga, read }: Step) => ({
    state: { free: read - 1, taken: [...taken, saga] },
    answer: {},
  }),
  undo: ({ taken }: Flight, { saga, read }: Step) => ({
    state: { free: read + 1, taken: taken.filter((one) => one !== saga) },
    answer: {},
  }),
  /** A saga has come to its end: how, of how many steps, and the locks that it still has. */
  end: (
    flight: Flight,
    _said: Of & { readonly how: 'done' | 'undone'; readonly steps: number; readonly held: readonly string[] },
  ) => ({ state: flight, answer: {} }),
};
export type Operations = typeof operations;
export type Client = ScenarioClient<Operations>;
type Use = LeaseInUse<Operations>;

/** What is the same with and without the mistake. */
export const flights: Omit<Scenario<Flight, Operations>, 'name' | 'summary' | 'cycle'> = {
  leastNames: 2,
  resources: (plan) => Object.fromEntries(plan.names.map((name) => [name, { free: seatsOf(plan), taken: [] }])),
  operations,
  rate: { operation: 'end', unit: 'sagas' },
  looks: ['look', 'end'],
  judge: (carriedOut) => [
    ...undone(
      carriedOut,
      'no seat is lost or given twice',
      ({ operation }) => operation === 'step' || operation === 'undo',
      ({ values }) => values.saga,
    ),
    ...carriedOut.flatMap((one) => (one.operation === 'end' ? judgeEnd(carriedOut, one) : [])),
  ],
};

/** A step after the other, each under its lock, and all locks kept until the end. @returns those that were tried, and whether all were made */
export async function goForward(
  client: Client,
  order: readonly string[],
  keep: (use: Use) => void,
): Promise<{ readonly tried: readonly Use[]; readonly made: boolean }> {
  const saga = client.turn;
  const failsAt = client.random() < FAILS ? Math.floor(client.random() * order.length) : -1;
  const tried: Use[] = [];
  try {
    for (const [index, name] of order.entries()) {
      const use = await client.acquire(name);
      keep(use);
      const before = await use.do('look', { saga });
      await use.work();
      if (index === failsAt || use.lost || (before.plain?.seen ?? 0) === 0) return { tried, made: false };
      tried.push(use);
      await use.do('step', (door) => (before[door] === undefined ? undefined : { saga, read: before[door].seen }));
    }
    return { tried, made: true };
  } catch {
    // Whatever it was: whether the last step was made is looked at.
    return { tried, made: false };
  }
}

/** Undoes what was made, the last first. @returns whether it could: without the lock nothing may be undone */
export async function goBack(client: Client, tried: readonly Use[]): Promise<boolean> {
  const saga = client.turn;
  for (const use of tried.toReversed()) {
    const now = await use.do('look', { saga });
    if (use.lost) return false;
    await use.do('undo', (door) => (now[door]?.mine === true ? { saga, read: now[door].seen } : undefined));
  }
  return true;
}

/** All steps, or all that were made are undone; the locks are released whatever happened. */
export const scenario: Scenario<Flight, Operations> = {
  ...flights,
  name: 'saga',
  summary:
    'books seats on several flights, each under its lock: all, or what was booked is given back, and no lock is kept',
  source: '001: the saga and its compensations',
  async cycle(client) {
    const order = client.names.toSorted();
    let [made, settled, steps] = [false, true, 0];
    {
      await using stack = new AsyncDisposableStack();
      const forward = await goForward(client, order, (use) => stack.use(use));
      made = forward.made;
      steps = forward.tried.length;
      if (!made) settled = await goBack(client, forward.tried);
    }
    if (settled) await end(client, made, steps);
  },
};

/** Says how it ended, and which locks are kept. */
export async function end(client: Client, made: boolean, steps: number): Promise<void> {
  const said = { saga: client.turn, how: made ? 'done' : 'undone', steps, held: client.held } as const;
  await client.do('end', (door) => (door === 'plain' ? said : undefined));
}

type Done = CarriedOutOf<Operations>;
type End = Extract<Done, { operation: 'end' }>;

function judgeEnd(all: readonly Done[], one: End): ReturnType<Scenario<Flight, Operations>['judge']> {
  const { saga, how, steps, held } = one.values;
  const own = all.filter(({ values }) => values.saga === saga);
  const made = own.filter(({ operation }) => operation === 'step');
  const back = own.filter(({ operation }) => operation === 'undo');
  const isWhole = how === 'done' ? made.length === steps && back.length === 0 : made.length === back.length;
  return [
    ...(isWhole
      ? []
      : [
          {
            invariant: 'all steps are made, or all that were made are undone',
            summary: `${saga} ended as "${how}" with ${made.length} steps made and ${back.length} undone`,
            operations: [...made, ...back, one],
          },
        ]),
    ...(held.length === 0
      ? []
      : [
          {
            invariant: 'all locks are free when a saga has ended',
            summary: `${saga} ended as "${how}" and kept the locks of ${held.join(' and ')}`,
            operations: [...made, ...back, one],
          },
        ]),
  ];
}
