/** What a thread that simulates does with the messages it gets. */
import type { MessagePort } from 'node:worker_threads';
import type { LockModule } from 'holdfast-locks';
import { UsageError } from '../../base/errors.ts';
import { ContractBreach, UnfinishedRun } from '../../plan/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import { headerOf } from '../../run/merge.ts';
import { judge } from '../../verdict/judge.ts';
import { ContractError, loadLockModule } from '../../subject/module.ts';
import type { Scenario } from '../../resource/scenario.ts';
import type { FromThread, LockFacts, Simulated, ToThread } from './messages.ts';
import { searchPlan } from './search.ts';
import { simulate, type SimulatedRun, type SimulateOptions } from '../run/simulate.ts';
import { SimulationError } from '../engine/world.ts';

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
  const [problem] = problems;
  if (problem !== undefined) {
    const { owner, kind, error } = problem;
    throw new ContractBreach(`${owner}: ${kind}, which the contract forbids: ${String(error)}`, plan);
  }
  const header = headerOf('simulation', plan);
  const judgement = judge(plan, header, events);
  const whole =
    all ||
    judgement.findings.some(({ finding, hazards }) =>
      isNew(loaded.shown, `${finding.property} ${hazards.join()}`, finding.kind),
    );
  return { judgement: whole ? judgement : { ...judgement, events: [] }, header, whole, elapsedMs, messages, struck };
}

async function finished({ module, scenario }: Loaded, plan: Plan, options: SimulateOptions): Promise<SimulatedRun> {
  try {
    return await simulate({ module, scenario, plan }, options);
  } catch (error) {
    throw error instanceof SimulationError ? new UnfinishedRun(error.message, plan) : error;
  }
}

function isNew(shown: Set<string>, what: string, kind: string): boolean {
  if (kind !== 'violation' || shown.has(what)) return false;
  shown.add(what);
  return true;
}

/** One by one: what else a module exports may be nothing that can be sent. */
function factsOf({ name, backend, topologies, claims, recoverMs, leastLeaseMs, turns, load }: LockModule): LockFacts {
  return { name, backend, topologies, claims, recoverMs, leastLeaseMs, turns, load };
}

async function obey(message: ToThread): Promise<FromThread> {
  const results: Simulated[] = [];
  switch (message.type) {
    case 'load': {
      const { scenario } = (await import(message.scenario)) as { scenario: Scenario };
      const module = await loadLockModule(message.module);
      runs.set(message.run, { module, scenario, shown: new Set() });
      return { type: 'loaded', lock: factsOf(module) };
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
      const ofRun = error instanceof ContractBreach || error instanceof UnfinishedRun;
      say({ type: 'failed', blame, message: said, plan: ofRun ? error.plan : undefined });
    });
  });
}
