/** Everything that one plan at a time is run in: servers, links, workers, resource. Plans follow one another in it. */
import { join } from 'node:path';
import type { LockModule } from '../../implementations/lock.ts';
import { allSettled } from '../all-settled.ts';
import type { Deployment } from '../backends/deployment.ts';
import { InfrastructureError } from '../errors.ts';
import { makeLinks, type Links } from '../backends/links.ts';
import type { Session } from '../backends/session.ts';
import type { Field } from '../faults/fault.ts';
import { monotonicNs, Recorder } from '../history/recorder.ts';
import { movesServerClocks, movesWorkerClocks, type Plan } from '../plan/plan.ts';
import { ResourceHandle } from '../resource/handle.ts';
import { assignmentOf, runCourse } from './course.ts';
import { scenarioUrl } from './scenarios.ts';
import { WorkerHandle } from '../worker/handle.ts';
import type { Task } from '../worker/messages.ts';

export interface ArenaRequest {
  readonly name: string;
  readonly module: LockModule;
  readonly moduleUrl: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly workers: number;
  readonly deployment: Deployment | undefined;
}

/** Files of one run of a plan, still apart: one for each process that recorded. */
export interface RunFiles {
  readonly files: readonly string[];
  /** CPU time in milliseconds that the workers spent. */
  readonly elapsedMs: number;
}

export class Arena {
  readonly deployment: Deployment | undefined;
  readonly #resource: ResourceHandle;
  readonly #links: Links;
  readonly #workers: readonly WorkerHandle[];
  readonly #folder: string;
  #failure: Error | undefined;
  #onFailure: (() => void) | undefined;

  private constructor(
    request: ArenaRequest,
    parts: { resource: ResourceHandle; links: Links; workers: WorkerHandle[]; folder: string },
  ) {
    this.deployment = request.deployment;
    this.#resource = parts.resource;
    this.#links = parts.links;
    this.#workers = parts.workers;
    this.#folder = parts.folder;
    for (const process_ of [parts.resource, ...parts.workers]) {
      process_.onFailure((error) => {
        this.#failure ??= error;
        this.#onFailure?.();
      });
    }
  }

  static async start(session: Session, request: ArenaRequest): Promise<Arena> {
    const { deployment } = request;
    const folder = session.folder(request.name);
    const [resource, links] = await Promise.all([
      ResourceHandle.start(session, folder),
      deployment?.toxiproxy === undefined
        ? []
        : makeLinks(deployment.toxiproxy, deployment.nodes, request.workers, request.name),
    ]);
    const nodes = deployment?.nodes ?? [];
    const shared = session.folder(`${request.name}-shared`);
    const workers = Array.from({ length: request.workers }, (_, index) => {
      const connection = {
        module: request.moduleUrl,
        nodes: nodes.map(({ endpoint, upstream }, node) => ({
          announced: upstream,
          endpoint: { ...endpoint, ...links[index]?.[node]?.endpoint },
        })),
        // Clients that hold on to one server begin with different ones, so that a fault of any server meets somebody.
        entrances: rotated(deployment?.entrances ?? [], index),
        folder: shared,
        prefix: session.prefix,
        options: request.options,
        resourcePort: resource.port,
      };
      return new WorkerHandle(session, index, connection, folder);
    });
    const arena = new Arena(request, { resource, links, workers, folder });
    try {
      await allSettled(workers.map((worker) => worker.start({ movableClock: false })));
      return arena;
    } catch (error) {
      await arena.stop();
      throw error;
    }
  }

  /** Runs one plan; settles when everything has healed, the work is over and all that was recorded is in the files. */
  async run(plan: Plan, signal: AbortSignal): Promise<RunFiles> {
    // A plan that was shrunk may need fewer than stand ready.
    const workers = this.#workers.slice(0, plan.workers);
    await this.#prepare(plan, workers);
    const originNs = monotonicNs();
    const file = (name: string): string => join(this.#folder, `${plan.index}-${name}.ndjson`);
    const files = [file('resource'), file('nemesis')];
    const recorder = new Recorder(file('nemesis'), originNs);
    await this.#resource.begin(file('resource'), originNs);
    const incarnations = workers.map(() => 0);
    const assign = (worker: WorkerHandle): void => {
      const incarnation = incarnations[worker.index] ?? 0;
      const historyFile = file(`worker-${worker.index}-${incarnation}`);
      files.push(historyFile);
      worker.run(this.#task(plan, worker, incarnation, historyFile, originNs));
    };
    const field: Field = {
      deployment: this.deployment,
      links: this.#links,
      workers,
      revive: async (index) => {
        const worker = workers[index];
        if (worker === undefined) return;
        incarnations[index] = (incarnations[index] ?? 0) + 1;
        await worker.start({ movableClock: movesWorkerClocks(plan) });
        assign(worker);
      },
    };
    for (const worker of workers) assign(worker);
    const trouble = new AbortController();
    this.#onFailure = () => trouble.abort(this.#failure);
    const stop = AbortSignal.any([signal, trouble.signal]);
    try {
      const stuck = await runCourse({ plan, field, workers, recorder }, stop);
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
    await Promise.all([...this.#workers.map((worker) => worker.close()), this.#resource.stop()]);
    await this.deployment?.stop();
  }

  /** Servers and workers as the plan needs them, all answering. */
  async #prepare(plan: Plan, workers: readonly WorkerHandle[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.deployment?.prepareClocks(movesServerClocks(plan));
    await Promise.all(
      workers.map(async (worker) => {
        await worker.ensure({ movableClock: movesWorkerClocks(plan) });
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

function rotated<T>(values: readonly T[], by: number): T[] {
  return values.map((_, index) => values[(index + by) % values.length] as T);
}
