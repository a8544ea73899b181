import type { CarriedOutOf, Operation, Scenario } from '../harness/resource/scenario.ts';
import { note } from './judging/notes.ts';

const PERIOD_MS = 250;

export interface Task {
  /** Of each period that it ran in: until when that is known, by the resource's clock; `null` for ever. */
  readonly done: Readonly<Record<number, number | null>>;
  /** The period that somebody says to be running it in. */
  readonly running: number | null;
}

interface Seen {
  readonly period: number;
  readonly status: 'due' | 'running' | 'done';
}
type Run = Operation<Task, { readonly ran: number; readonly knownForMs?: number }, object>;

const look: Operation<Task, object, Seen> = (task, _asked, { now }) => {
  const period = Math.floor(now / PERIOD_MS);
  const until = task.done[period];
  const isDone = until === null || (until !== undefined && until > now);
  return { state: task, answer: { period, status: task.running === null ? (isDone ? 'done' : 'due') : 'running' } };
};
const finish: Run = ({ done }, { ran, knownForMs }, { now }) => {
  const until = knownForMs === undefined ? null : now + knownForMs;
  return { state: { done: { ...done, [ran]: until }, running: null }, answer: {} };
};

export const operations = {
  look,
  start: (task: Task, { begun }: { readonly begun: number }) => ({ state: { ...task, running: begun }, answer: {} }),
  finish,
  /** Somebody came in this period and was sent away. */
  leave: note<Task, { readonly left: number }>(),
};
export type Operations = typeof operations;

/** What is the same with and without the mistake. */
export const task: Omit<Scenario<Task, Operations>, 'name' | 'summary' | 'cycle'> = {
  resources: ({ names }) => Object.fromEntries(names.map((name) => [name, { done: {}, running: null }])),
  operations,
  rate: { operation: 'finish', unit: 'runs' },
  looks: ['look', 'leave'],
  judge: (carriedOut) =>
    [...Map.groupBy(carriedOut, ({ resource }) => resource).values()].flatMap((all) => judgeOne(all)),
};

/** The lock says who may look whether the task is due, and run it. */
export const scenario: Scenario<Task, Operations> = {
  ...task,
  name: 'scheduled-task',
  summary: 'runs a task once in each period, whoever comes first: at most once, and nobody is sent away for nothing',
  source: '000 to 003: the task that is scheduled on every node',
  async cycle(client) {
    await using use = await client.acquire(client.names[0]);
    const seen = await use.do('look');
    if (seen.plain?.status !== 'due') {
      await use.do('leave', (door) => (seen[door] === undefined ? undefined : { left: seen[door].period }));
      return;
    }
    await use.work();
    if (use.lost) return;
    await use.do('finish', (door) => (seen[door]?.status === 'due' ? { ran: seen[door].period } : undefined));
  },
};

type Done = CarriedOutOf<Operations>;

function judgeOne(all: readonly Done[]): ReturnType<Scenario<Task, Operations>['judge']> {
  const runs = new Map<number, Done>();
  let started: Done | undefined;
  return all.flatMap((one) => {
    const { resource, client } = one;
    const seen = all.findLast(
      (other) => other.operation === 'look' && other.client === client && other.place < one.place,
    );
    if (one.operation === 'start') started = one;
    if (one.operation === 'finish') {
      const { ran } = one.values;
      const before = runs.get(ran);
      runs.set(ran, before ?? one);
      if (before === undefined) return [];
      return [
        {
          invariant: 'a task runs at most once in a period',
          summary: `${resource} ran twice in period ${ran}, by client ${before.client} and by client ${client}`,
          operations: [before, ...(seen === undefined ? [] : [seen]), one],
        },
      ];
    }
    if (one.operation !== 'leave' || runs.has(one.values.left)) return [];
    return [
      {
        invariant: 'nobody is sent away from a task that has not run',
        summary: `client ${client} was sent away from ${resource} in period ${one.values.left}, in which it had not run`,
        operations: [started, seen, one].filter((named) => named !== undefined),
      },
    ];
  });
}
