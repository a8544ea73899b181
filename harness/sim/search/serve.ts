/** What a thread that simulates does with the messages it gets. */
import type { MessagePort } from 'node:worker_threads';
import type { LockModule } from 'holdfast-locks';
import { UsageError } from '../../base/errors.ts';
import { UnfinishedRun } from '../../plan/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import { headerOf } from '../../run/merge.ts';
import type { BreachKind } from '../../report/breach.ts';
import { causeOf, type Breach } from '../../verdict/breach.ts';
import { judge } from '../../verdict/judge.ts';
import { ContractError, loadLockModule } from '../../subject/module.ts';
import type { Scenario } from '../../resource/scenario.ts';
import type { FromThread, Simulated, ToThread } from './messages.ts';
import { searchPlan } from './search.ts';
import { simulate, type SimulatedRun, type SimulateOptions } from '../run/simulate.ts';
import { EndlessRunError, SimulationError, type Problem } from '../engine/world.ts';

interface Loaded {
  readonly module: LockModule;
  readonly scenario: Scenario;
  /** Violations of these kinds have been shown with their events. */
  readonly shown: Set<string>;
}

/** By the numbers of the runs. */
const runs = new Map<number, Loaded>();

function loadedFor(number: number): Loaded {
  const loaded = runs.get(number);
  if (loaded === undefined) throw new Error('plans before the lock was loaded');
  return loaded;
}

async function run(loaded: Loaded, plan: Plan, all: boolean, options: SimulateOptions = {}): Promise<Simulated> {
  const { events, elapsedMs, messages, problems, struck } = await finished(loaded, plan, options);
  const header = headerOf('simulation', plan);
  const judgement = judge(plan, header, events, problems.map(breachOf));
  const kinds = [
    ...judgement.breaches.map(causeOf),
    ...judgement.findings.flatMap(({ finding: { kind, property }, hazards }) =>
      kind === 'violation' ? [`${property} ${hazards.join()}`] : [],
    ),
  ];
  const fresh = kinds.filter((kind) => !loaded.shown.has(kind));
  for (const kind of fresh) loaded.shown.add(kind);
  const whole = all || fresh.length > 0;
  return { judgement: whole ? judgement : { ...judgement, events: [] }, header, whole, elapsedMs, messages, struck };
}

async function finished(
  { module, scenario }: Loaded,
  plan: Plan,
  options: SimulateOptions,
): Promise<Pick<SimulatedRun, 'events' | 'elapsedMs' | 'messages' | 'problems' | 'struck'>> {
  try {
    return await simulate({ module, scenario, plan }, options);
  } catch (error) {
    if (error instanceof EndlessRunError) {
      const problem: Problem = { owner: 'the lock', kind: 'does not finish', error: error.message };
      return { events: [], elapsedMs: 0, messages: 0, problems: [problem], struck: [] };
    }
    throw error instanceof SimulationError ? new UnfinishedRun(error.message, plan) : error;
  }
}

const BREACHES: Readonly<Record<Problem['kind'], BreachKind>> = {
  'unhandled rejection': 'unhandled-error',
  'uncaught exception': 'unhandled-error',
  'does not end': 'runs-on',
  'leaves too much behind': 'runs-on',
  'departs from the contract': 'contract',
  'does not finish': 'unfinished',
};

function breachOf({ owner, kind, error, lease }: Problem): Breach {
  const about = lease === undefined ? {} : { lease };
  return { kind: BREACHES[kind], who: owner, message: `${kind}: ${String(error)}`, ...about };
}

async function obey(message: ToThread): Promise<FromThread> {
  const results: Simulated[] = [];
  switch (message.type) {
    case 'load': {
      const { scenario } = (await import(message.scenario)) as { scenario: Scenario };
      runs.set(message.run, { module: await loadLockModule(message.module), scenario, shown: new Set() });
      break;
    }
    case 'forget':
      runs.delete(message.run);
      break;
    case 'plans': {
      const loaded = loadedFor(message.run);
      for (const plan of message.plans) results.push(await run(loaded, plan, message.whole, message));
      break;
    }
    case 'search': {
      const loaded = loadedFor(message.run);
      for (let index = message.from; index < message.from + message.count; index += 1) {
        results.push(await run(loaded, searchPlan(message.space, index), false));
      }
      break;
    }
    case 'trace': {
      const { module, scenario } = loadedFor(message.run);
      const { moments } = await simulate({ module, scenario, plan: message.plan }, { trace: true });
      return { type: 'traced', moments };
    }
  }
  return { type: 'done', results };
}

export function serve(port: MessagePort): void {
  // Libraries that say "busy" by throwing spend a seventh of their time on the stacks of their errors.
  Error.stackTraceLimit = 0;
  const say = (message: FromThread): void => port.postMessage(message);
  port.on('message', (message: ToThread) => {
    obey(message).then(say, (error: unknown) => {
      const blame = error instanceof ContractError ? 'lock' : error instanceof UsageError ? 'usage' : 'harness';
      const said = error instanceof Error ? error.message : String(error);
      say({ type: 'failed', blame, message: said, ...(error instanceof UnfinishedRun ? { plan: error.plan } : {}) });
    });
  });
}
