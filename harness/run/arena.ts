/** Everything that one plan at a time is run in: servers, links, workers, resource. Plans follow one another in it. */
import { join } from 'node:path';
import type { Deployment } from '../backends/deployment.ts';
import { InfrastructureError } from '../base/errors.ts';
import type { Session } from '../backends/session.ts';
import { movesClocksOf } from '../faults/available.ts';
import type { FaultTargets } from '../faults/targets.ts';
import { monotonicNs, Recorder } from '../history/recorder.ts';
import type { Plan } from '../plan/plan.ts';
import type { ResourceHandle } from './resource-handle.ts';
import { assignmentOf, runCourse } from './course.ts';
import { startCrew, type Crew, type CrewRequest } from './crew.ts';
import { scenarioUrl } from './scenarios.ts';
import { staffOf } from './staff.ts';
import type { WorkerHandle } from './worker-handle.ts';
import type { Task } from '../subject/messages.ts';

export type ArenaRequest = Omit<CrewRequest, 'linked' | 'withResource'>;

/** Files of one run of a plan, still apart: one for each process that recorded. */
export interface RunFiles {
  readonly files: readonly string[];
  /** CPU time in milliseconds that the workers spent. */
  readonly elapsedMs: number;
}

export class Arena {
  readonly deployment: Deployment | undefined;
  readonly #crew: Crew;
  readonly #resource: ResourceHandle;
  readonly #workers: readonly WorkerHandle[];
  #failure: Error | undefined;
  #onFailure: (() => void) | undefined;

  private constructor({ deployment }: ArenaRequest, crew: Crew) {
    if (crew.resource === undefined) throw new Error('an arena has a resource');
    this.deployment = deployment;
    this.#crew = crew;
    this.#resource = crew.resource;
    this.#workers = crew.workers;
    for (const process_ of [crew.resource, ...crew.workers]) {
      process_.onFailure((error) => {
        this.#failure ??= error;
        this.#onFailure?.();
      });
    }
  }

  static async start(session: Session, request: ArenaRequest): Promise<Arena> {
    return new Arena(request, await startCrew(session, request));
  }

  /** Runs one plan; settles when everything has healed, the work is over and all that was recorded is in the files. */
  async run(plan: Plan, signal: AbortSignal): Promise<RunFiles> {
    // A plan that was shrunk may need fewer than stand ready.
    const workers = this.#workers.slice(0, plan.workers);
    await this.#prepare(plan, workers);
    const originNs = monotonicNs();
    const file = (name: string): string => join(this.#crew.folder, `${plan.index}-${name}.ndjson`);
    const files = [file('resource'), file('nemesis')];
    const recorder = new Recorder(file('nemesis'), originNs);
    await this.#resource.begin(file('resource'), originNs);
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
    this.#onFailure = () => trouble.abort(this.#failure);
    const stop = AbortSignal.any([signal, trouble.signal]);
    try {
      const stuck = await runCourse({ plan, targets, workers, recorder }, stop);
      if (stuck !== undefined) this.#failure ??= new InfrastructureError(stuck);
    } catch (error) {
      // What ended the waiting says more than that it was ended.
      stop.throwIfAborted();
      throw error;
    } finally {
      this.#onFailure = undefined;
      recorder.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
    return { files, elapsedMs: Number(monotonicNs() - originNs) / 1e6 };
  }

  async stop(): Promise<void> {
    await this.#crew.stop();
    await this.deployment?.stop();
  }

  /** Servers and workers as the plan needs them, all answering. */
  async #prepare(plan: Plan, workers: readonly WorkerHandle[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.deployment?.prepareClocks(movesClocksOf('server', plan));
    await Promise.all(
      workers.map(async (worker) => {
        await worker.ensure({ movableClock: movesClocksOf('worker', plan) });
        await worker.settle();
      }),
    );
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
