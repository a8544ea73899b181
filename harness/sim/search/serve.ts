/** What a thread that simulates does with the messages it gets. */
import type { MessagePort } from 'node:worker_threads';
import type { LockModule } from 'holdfast-locks';
import { UsageError } from '../../base/errors.ts';
import { ContractBreach, NotSimulable, UnfinishedRun } from '../../plan/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import { headerOf } from '../../run/merge.ts';
import { judge } from '../../verdict/judge.ts';
import { ContractError, loadLockModule } from '../../subject/module.ts';
import type { Scenario } from '../../resource/scenario.ts';
import type { Failure, FromThread, LockFacts, Simulated, ToThread } from './messages.ts';
import { rehearse, throwAsked } from './rehearse.ts';
import { searchPlan } from './search.ts';
import { Instances } from '../node-api/instances.ts';
import { simulate, type SimulatedRun, type SimulateOptions, type Simulation } from '../run/simulate.ts';
import { overhear } from '../engine/outside.ts';
import { SimulationError } from '../engine/world.ts';

interface Loaded {
  readonly modules: Instances<LockModule>;
  readonly scenario: Scenario;
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
  const [problem] = problems;
  if (problem !== undefined) {
    await recheck(loaded, plan, options);
    const { owner, kind, error } = problem;
    throw new ContractBreach(`${owner}: ${kind}, which the contract forbids: ${String(error)}`, plan);
  }
  const header = headerOf('simulation', plan);
  const judgement = judge(plan, header, events);
  const showsNew = judgement.findings.some(({ finding, hazards }) =>
    isNew(loaded.shown, `${finding.property} ${hazards.join()}`, finding.kind),
  );
  if (showsNew) await recheck(loaded, plan, options);
  const whole = all || showsNew;
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

async function finished(loaded: Loaded, plan: Plan, options: SimulateOptions): Promise<SimulatedRun> {
  try {
    return await simulate(await stageOf(loaded, plan), options);
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    if (!error.endless) await recheck(loaded, plan, options);
    throw new UnfinishedRun(error.message, plan);
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
  if (error instanceof ContractBreach) return { kind: 'breach', message, plan: error.plan };
  if (error instanceof UnfinishedRun) return { kind: 'unfinished', message, plan: error.plan };
  return { kind: error instanceof ContractError || error instanceof UsageError ? 'usage' : 'harness', message };
}
