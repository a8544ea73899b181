/** What a thread that simulates does with the messages it gets. */
import type { MessagePort } from 'node:worker_threads';
import type { LockModule } from 'holdfast-locks';
import { UsageError } from '../../base/errors.ts';
import { NotSimulable, UnfinishedRun } from '../../plan/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import { headerOf } from '../../run/merge.ts';
import type { BreachKind } from '../../report/breach.ts';
import { causeOf, type Breach } from '../../verdict/breach.ts';
import { judge } from '../../verdict/judge.ts';
import { ContractError, loadLockModule } from '../../subject/module.ts';
import { judgeOf } from '../../run/scenarios.ts';
import { loadScenario } from '../../resource/load-scenario.ts';
import type { AnyScenario } from '../../resource/scenario.ts';
import type { Failure, FromThread, LockFacts, Simulated, ToThread } from './messages.ts';
import { rehearse, throwAsked } from './rehearse.ts';
import { searchPlan } from './search.ts';
import { Instances } from '../node-api/instances.ts';
import { simulate, type SimulatedRun, type SimulateOptions, type Simulation } from '../run/simulate.ts';
import { overhear } from '../engine/outside.ts';
import { SimulationError, type Problem } from '../engine/problems.ts';

interface Loaded {
  readonly modules: Instances<LockModule>;
  readonly scenario: AnyScenario;
  /** With these options, on these topologies, the simulation can carry it. */
  readonly rehearsed: Set<string>;
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

/** Where a plan runs: with modules for as many processes as it may start. */
async function stageOf({ modules, scenario }: Loaded, plan: Plan): Promise<Simulation> {
  const killed = plan.faults.filter(({ hazard }) => hazard === 'client-crash').length;
  await modules.prepare(plan.workers * (1 + killed));
  return { plan, scenario, module: modules.shared, moduleOf: (process) => modules.of(process) };
}

async function run(loaded: Loaded, plan: Plan, all: boolean, options: SimulateOptions = {}): Promise<Simulated> {
  const { events, elapsedMs, messages, problems, struck } = await finished(loaded, plan, options);
  const header = headerOf('simulation', plan);
  const judgement = judge(plan, header, events, problems.map(breachOf), judgeOf(loaded.scenario, plan));
  const kinds = [
    ...judgement.breaches.map(causeOf),
    ...judgement.findings.flatMap(({ finding: { kind, property, invariant = '' }, hazards }) =>
      kind === 'violation' || kind === 'application'
        ? [`${kind} ${property} ${kind === 'application' ? invariant : hazards.join()}`]
        : [],
    ),
  ];
  const fresh = kinds.filter((kind) => !loaded.shown.has(kind));
  if (fresh.length > 0) await recheck(loaded, plan, options);
  for (const kind of fresh) loaded.shown.add(kind);
  const whole = all || fresh.length > 0;
  return { judgement: whole ? judgement : { ...judgement, events: [] }, header, whole, elapsedMs, messages, struck };
}

/**
 * Nothing is held against a lock that asked for something real on the way there.
 * @throws NotSimulable
 */
async function recheck(loaded: Loaded, plan: Plan, options: SimulateOptions): Promise<void> {
  const simulation = await stageOf(loaded, plan);
  const { overheard } = await overhear(() => simulate(simulation, options).catch(() => undefined));
  throwAsked(simulation, overheard);
}

/** Before the first run of its kind. @throws NotSimulable, UnfinishedRun */
async function prepare(loaded: Loaded, plan: Plan): Promise<void> {
  const kind = JSON.stringify([plan.topology, plan.options]);
  if (loaded.rehearsed.has(kind)) return;
  await rehearse(await stageOf(loaded, plan));
  loaded.rehearsed.add(kind);
}

async function finished(
  loaded: Loaded,
  plan: Plan,
  options: SimulateOptions,
): Promise<Pick<SimulatedRun, 'events' | 'elapsedMs' | 'messages' | 'problems' | 'struck'>> {
  try {
    return await simulate(await stageOf(loaded, plan), options);
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    if (error.endless) {
      const problem: Problem = { owner: 'the lock', kind: 'does not finish', error: error.message };
      return { events: [], elapsedMs: 0, messages: 0, problems: [problem], struck: [] };
    }
    await recheck(loaded, plan, options);
    throw new UnfinishedRun(error.message, plan);
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

/** One by one: what else a module exports may be nothing that can be sent. */
function factsOf(module: LockModule): LockFacts {
  const { name, backend, topologies, claims, recoverMs, handoverMs, settleMs, leastLeaseMs, turns, load } = module;
  return { name, backend, topologies, claims, recoverMs, handoverMs, settleMs, leastLeaseMs, turns, load };
}

async function obey(message: ToThread): Promise<FromThread> {
  const results: Simulated[] = [];
  switch (message.type) {
    case 'load': {
      const scenario = await loadScenario(message.scenario);
      const modules = await modulesOf(message.module);
      runs.set(message.run, { modules, scenario, rehearsed: new Set(), shown: new Set() });
      return { type: 'loaded', lock: factsOf(modules.shared) };
    }
    case 'forget':
      runs.delete(message.run);
      break;
    case 'plans': {
      const loaded = loadedFor(message.run);
      for (const plan of message.plans.slice(0, 1)) await prepare(loaded, plan);
      for (const plan of message.plans) results.push(await run(loaded, plan, message.whole, message));
      break;
    }
    case 'search': {
      const loaded = loadedFor(message.run);
      await prepare(loaded, searchPlan(message.space, message.from));
      for (let index = message.from; index < message.from + message.count; index += 1) {
        results.push(await run(loaded, searchPlan(message.space, index), false));
      }
      break;
    }
    case 'trace': {
      const loaded = loadedFor(message.run);
      await prepare(loaded, message.plan);
      const { moments } = await simulate(await stageOf(loaded, message.plan), { trace: true });
      return { type: 'traced', moments };
    }
  }
  return { type: 'done', results };
}

/** Of every lock that was loaded: a thread serves many runs. */
const known = new Map<string, Promise<Instances<LockModule>>>();

function modulesOf(url: string): Promise<Instances<LockModule>> {
  const modules = known.get(url) ?? Instances.of(url, loadLockModule);
  known.set(url, modules);
  return modules;
}

export function serve(port: MessagePort): void {
  // Libraries that say "busy" by throwing spend a seventh of their time on the stacks of their errors.
  Error.stackTraceLimit = 0;
  const say = (message: FromThread): void => port.postMessage(message);
  port.on('message', (message: ToThread) => {
    obey(message).then(say, (error: unknown) => say({ type: 'failed', failure: failureOf(error) }));
  });
}

function failureOf(error: unknown): Failure {
  if (error instanceof NotSimulable) {
    const { module, call, remedy } = error;
    return { kind: 'not simulable', obstacle: { module, call, remedy } };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UnfinishedRun) return { kind: 'unfinished', message, plan: error.plan };
  return { kind: error instanceof ContractError || error instanceof UsageError ? 'usage' : 'harness', message };
}
