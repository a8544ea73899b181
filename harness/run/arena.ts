/** Everything that one plan at a time is run in: servers, links, workers, resource. Plans follow one another in it. */
import { join } from 'node:path';
import type { Deployment } from '../backends/deployment.ts';
import { allSettled } from '../base/all-settled.ts';
import { InfrastructureError } from '../base/errors.ts';
import type { Session } from '../backends/session.ts';
import { movesClocksOf } from '../faults/available.ts';
import type { FaultTargets } from '../faults/targets.ts';
import type { TimedEvent } from '../history/events.ts';
import { monotonicNs, Recorder } from '../history/recorder.ts';
import { workerOf, type Plan } from '../plan/plan.ts';
import type { ResourceHandle } from './resource-handle.ts';
import { assignmentOf, finishWithinMs, runCourse } from './course.ts';
import { startCrew, type Crew, type CrewRequest } from './crew.ts';
import { scenarioPlanOf, scenarioUrl } from './scenarios.ts';
import { staffOf } from './staff.ts';
import type { Breach } from '../verdict/breach.ts';
import { mergeEvents } from './merge.ts';
import { openCall } from './unfinished.ts';
import { WorkerBreach } from './worker-breach.ts';
import type { WorkerHandle } from './worker-handle.ts';
import { workerName } from '../verdict/timeline.ts';
import type { Task } from '../subject/messages.ts';

export type ArenaRequest = Omit<CrewRequest, 'linked' | 'withResource'>;

/** What was recorded of one run of a plan, and what the lock did in it that none may do. */
export interface Recorded {
  /** In the order of their times, numbered. */
  readonly events: readonly TimedEvent[];
  readonly elapsedMs: number;
  readonly breaches: readonly Breach[];
}

interface Trouble {
  readonly error: Error;
  readonly atNs: bigint;
}

export class Arena {
  readonly deployment: Deployment | undefined;
  readonly #crew: Crew;
  readonly #resource: ResourceHandle;
  readonly #workers: readonly WorkerHandle[];
  /** The first that nobody has dealt with. */
  #trouble: Trouble | undefined;
  #onTrouble: (() => void) | undefined;
  readonly #prefix: string;
  /** Runs so far, and those of them after which everybody had to start anew. */
  #runs = 0;
  #startedOver = 0;

  private constructor({ deployment }: ArenaRequest, crew: Crew, prefix: string) {
    if (crew.resource === undefined) throw new Error('an arena has a resource');
    this.deployment = deployment;
    this.#crew = crew;
    this.#resource = crew.resource;
    this.#workers = crew.workers;
    this.#prefix = prefix;
    for (const process_ of [crew.resource, ...crew.workers]) {
      process_.onFailure((error) => {
        this.#trouble ??= { error, atNs: monotonicNs() };
        this.#onTrouble?.();
      });
    }
  }

  static async start(session: Session, request: ArenaRequest): Promise<Arena> {
    return new Arena(request, await startCrew(session, request), session.prefix);
  }

  /**
   * Runs one plan; settles when everything has healed, the work is over and all of it is recorded. A breach of the lock
   * ends the run early, and whoever works in the arena then starts anew, under names that nobody has used.
   * @throws InfrastructureError
   */
  async run(plan: Plan, signal: AbortSignal): Promise<Recorded> {
    // A plan that was shrunk may need fewer than stand ready.
    const workers = this.#workers.slice(0, plan.workers);
    // What a lock does between two plans is told with the second.
    const late = this.#takeBreach();
    const departed = await this.#prepare(plan, workers);
    const recorded =
      departed === undefined
        ? await this.#runPrepared(plan, workers, signal)
        : { events: [], elapsedMs: 0, breaches: [departed] };
    const breaches = [...(late === undefined ? [] : [late.breach]), ...recorded.breaches];
    if (recorded.breaches.length > 0) await this.#startOver();
    return { ...recorded, breaches };
  }

  async #runPrepared(plan: Plan, workers: readonly WorkerHandle[], signal: AbortSignal): Promise<Recorded> {
    const run = this.#runs++;
    const originNs = monotonicNs();
    const file = (name: string): string => join(this.#crew.folder, `${run}-${name}.ndjson`);
    const files = [file('resource'), file('nemesis')];
    const recorder = new Recorder(file('nemesis'), originNs);
    await this.#resource.begin({
      ...{ file: file('resource'), originNs: String(originNs) },
      ...{ scenario: scenarioUrl(plan.scenario), plan: scenarioPlanOf(plan) },
    });
    const assign = (worker: WorkerHandle, incarnation: number): void => {
      const historyFile = file(`worker-${worker.index}-${incarnation}`);
      files.push(historyFile);
      worker.run(this.#task(plan, worker, incarnation, historyFile, originNs));
    };
    const staff = staffOf(workers, (worker) => worker.start({ movableClock: movesClocksOf('worker', plan) }), assign);
    const { revive } = staff;
    const targets: FaultTargets = { deployment: this.deployment, links: this.#crew.links, workers, revive };
    staff.begin();
    const trouble = new AbortController();
    this.#onTrouble = () => trouble.abort();
    let stuck: readonly number[] = [];
    try {
      stuck = await runCourse({ plan, targets, workers, recorder }, AbortSignal.any([signal, trouble.signal]));
    } catch (error) {
      signal.throwIfAborted();
      // What ended the waiting says more than that it was ended.
      if (this.#trouble === undefined) throw error;
    } finally {
      this.#onTrouble = undefined;
      recorder.close();
    }
    const breach = this.#takeBreach();
    const elapsedMs = Number(monotonicNs() - originNs) / 1e6;
    const events = await mergeEvents(files);
    if (breach !== undefined)
      return { events: until(breach, plan, events, originNs), elapsedMs, breaches: [breach.breach] };
    return { events, elapsedMs, breaches: stuck.map((worker) => unfinished(plan, worker, events)) };
  }

  /** @throws InfrastructureError where it is no breach of the lock */
  #takeBreach(): TimedBreach | undefined {
    const trouble = this.#trouble;
    if (trouble === undefined) return undefined;
    if (!(trouble.error instanceof WorkerBreach)) throw trouble.error;
    this.#trouble = undefined;
    return { breach: trouble.error.breach, atNs: trouble.atNs };
  }

  /** What a breach has left behind disturbs nobody: processes are new, and so are the names of their locks. */
  async #startOver(): Promise<void> {
    this.#startedOver += 1;
    await Promise.all(
      this.#workers.map(async (worker) => {
        worker.useNames(`${this.#prefix}${this.#startedOver}:`);
        await worker.kill();
      }),
    );
    // Of processes that were at it until they were killed.
    this.#takeBreach();
  }

  async stop(): Promise<void> {
    await this.#crew.stop();
    await this.deployment?.stop();
  }

  /** Servers and workers as the plan needs them, all answering. @returns how the lock departs from the contract in that */
  async #prepare(plan: Plan, workers: readonly WorkerHandle[]): Promise<Breach | undefined> {
    const clock = { movableClock: movesClocksOf('worker', plan) };
    await this.deployment?.prepareClocks(movesClocksOf('server', plan));
    try {
      await allSettled(
        workers.map(async (worker) => {
          await worker.ensure(clock);
          await worker.settle();
        }),
      );
      return undefined;
    } catch (error) {
      if (error instanceof WorkerBreach) this.#trouble ??= { error, atNs: monotonicNs() };
      const breach = this.#takeBreach();
      if (breach === undefined) throw error;
      return breach.breach;
    }
  }

  #task(plan: Plan, worker: WorkerHandle, incarnation: number, historyFile: string, originNs: bigint): Task {
    return {
      ...assignmentOf(plan, worker.index, incarnation),
      historyFile,
      originNs: String(originNs),
      scenario: scenarioUrl(plan.scenario),
    };
  }
}

interface TimedBreach {
  readonly breach: Breach;
  readonly atNs: bigint;
}

/**
 * Until the breach was heard of everybody lived, so what was recorded is judged like the history of any run. A process
 * that ended by itself did so at some moment after its last event: what others saw later is left out.
 */
function until(
  { breach, atNs }: TimedBreach,
  plan: Plan,
  events: readonly TimedEvent[],
  originNs: bigint,
): TimedEvent[] {
  const isOfEnded = ({ process }: TimedEvent): boolean =>
    breach.who === process.toString().replace('-', ' ') ||
    (typeof process === 'number' && breach.who === workerName(workerOf(plan, process)));
  // A lock in a process of its own may end while its worker lives: the worker says until when it is known to have lived.
  const gone = events.find((event) => event.f === 'gone' && isOfEnded(event));
  if (gone !== undefined) return events.filter(({ time, f }) => time <= gone.time && f !== 'gone');
  const endNs = breach.kind === 'exit' ? (events.findLast(isOfEnded)?.time ?? 0) : Number(atNs - originNs);
  return events.filter(({ time }) => time <= endNs);
}

/** @throws InfrastructureError when it is not at anything of the lock's */
function unfinished(plan: Plan, worker: number, events: readonly TimedEvent[]): Breach {
  const call = openCall(plan, worker, events);
  const who = workerName(worker);
  if (call === undefined) throw new InfrastructureError(`${who} did not finish within ${finishWithinMs(plan)} ms`);
  return { kind: 'unfinished', who, ...call };
}
