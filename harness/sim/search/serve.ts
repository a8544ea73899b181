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
import type { Failure, FromThread, Simulated, ToThread } from './messages.ts';
import { rehearse, throwAsked } from './rehearse.ts';
import { searchPlan } from './search.ts';
import { Instances } from '../node-api/instances.ts';
import { simulate, type SimulatedRun, type SimulateOptions, type Simulation } from '../run/simulate.ts';
import { overhear } from '../engine/outside.ts';
import { SimulationError } from '../engine/world.ts';

let lock: { readonly modules: Instances<LockModule>; readonly scenario: Scenario } | undefined;
/** With these options, on these topologies, the simulation can carry it. */
const rehearsed = new Set<string>();
/** Violations of this kind have been shown with their events. */
const shown = new Set<string>();

/** Where a plan runs: with modules for as many processes as it may start. */
async function stageOf(plan: Plan): Promise<Simulation> {
  if (lock === undefined) throw new Error('plans before the lock was loaded');
  const { modules, scenario } = lock;
  const killed = plan.faults.filter(({ hazard }) => hazard === 'client-crash').length;
  await modules.prepare(plan.workers * (1 + killed));
  return { plan, scenario, module: modules.shared, moduleOf: (process) => modules.of(process) };
}

async function run(plan: Plan, all: boolean, options: SimulateOptions = {}): Promise<Simulated> {
  const { events, elapsedMs, messages, problems, struck } = await finished(plan, options);
  const [problem] = problems;
  if (problem !== undefined) {
    await recheck(plan, options);
    const { owner, kind, error } = problem;
    throw new ContractBreach(`${owner}: ${kind}, which the contract forbids: ${String(error)}`, plan);
  }
  const header = headerOf('simulation', plan);
  const judgement = judge(plan, header, events);
  const showsNew = judgement.findings.some(({ finding, hazards }) =>
    isNew(`${finding.property} ${hazards.join()}`, finding.kind),
  );
  if (showsNew) await recheck(plan, options);
  const whole = all || showsNew;
  return { judgement: whole ? judgement : { ...judgement, events: [] }, header, whole, elapsedMs, messages, struck };
}

/**
 * Nothing is held against a lock that asked for something real on the way there.
 * @throws NotSimulable
 */
async function recheck(plan: Plan, options: SimulateOptions): Promise<void> {
  const simulation = await stageOf(plan);
  const { overheard } = await overhear(() => simulate(simulation, options).catch(() => undefined));
  throwAsked(simulation, overheard);
}

/** Before the first run of its kind. @throws NotSimulable, UnfinishedRun */
async function prepare(plan: Plan): Promise<void> {
  const kind = JSON.stringify([plan.topology, plan.options]);
  if (rehearsed.has(kind)) return;
  await rehearse(await stageOf(plan));
  rehearsed.add(kind);
}

async function finished(plan: Plan, options: SimulateOptions): Promise<SimulatedRun> {
  try {
    return await simulate(await stageOf(plan), options);
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    if (!error.endless) await recheck(plan, options);
    throw new UnfinishedRun(error.message, plan);
  }
}

function isNew(what: string, kind: string): boolean {
  if (kind !== 'violation' || shown.has(what)) return false;
  shown.add(what);
  return true;
}

async function obey(message: ToThread): Promise<FromThread> {
  const results: Simulated[] = [];
  switch (message.type) {
    case 'load': {
      const { scenario } = (await import(message.scenario)) as { scenario: Scenario };
      lock = { modules: await modulesOf(message.module), scenario };
      rehearsed.clear();
      shown.clear();
      break;
    }
    case 'plans':
      for (const plan of message.plans.slice(0, 1)) await prepare(plan);
      for (const plan of message.plans) results.push(await run(plan, message.whole, message));
      break;
    case 'search':
      await prepare(searchPlan(message.space, message.from));
      for (let index = message.from; index < message.from + message.count; index += 1) {
        results.push(await run(searchPlan(message.space, index), false));
      }
      break;
    case 'trace':
      await prepare(message.plan);
      return {
        type: 'traced',
        moments: (await simulate(await stageOf(message.plan), { trace: true })).moments,
      };
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
