/** Threads that simulate, as many as there are cores, and the work given to them. */
import { availableParallelism } from 'node:os';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { allSettled } from '../../base/all-settled.ts';
import { OWN_FLAGS, ownModule } from '../../base/own-module.ts';
import { InfrastructureError, UsageError } from '../../base/errors.ts';
import { ContractBreach, NotSimulable, UnfinishedRun } from '../../plan/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Failure, FromThread, Simulated, ToThread } from './messages.ts';

/** The young objects of a schedule die with it: they should not be looked at in vain meanwhile. */
const YOUNG_MB = 64;

class Thread {
  /** The next work starts one, if there is none (any more). */
  #worker: Worker | undefined;

  async ask(message: ToThread): Promise<Exclude<FromThread, { type: 'failed' }>> {
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    const ended = new AbortController();
    const { signal } = ended;
    try {
      worker.postMessage(message);
      const answer = await Promise.race([
        once(worker, 'message', { signal }).then(([one]) => one as FromThread),
        once(worker, 'exit', { signal }).then(([code]) => crashed(`exit ${String(code)}`)),
      ]).catch((error: unknown) => crashed(String(error)));
      if (answer.type !== 'failed') return answer;
      throw errorOf(answer.failure);
    } finally {
      ended.abort();
      worker.unref();
    }
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(ownModule(import.meta.url, './thread'), {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      // The program's own options, such as coverage, are not the simulation's.
      execArgv: [...OWN_FLAGS],
    });
    // Whoever waits for an answer hears of it; an idle thread that ends is missed by nobody.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }
}

const crashed = (how: string): FromThread => ({
  type: 'failed',
  failure: { kind: 'harness', message: `a simulating thread ended: ${how}` },
});

function errorOf(failure: Failure): Error {
  switch (failure.kind) {
    case 'breach':
      return new ContractBreach(failure.message, failure.plan);
    case 'unfinished':
      return new UnfinishedRun(failure.message, failure.plan);
    case 'not simulable':
      return new NotSimulable(failure.obstacle);
    case 'usage':
      return new UsageError(failure.message);
    case 'harness':
      return new InfrastructureError(failure.message);
  }
}

export class Pool {
  readonly #threads: readonly Thread[];

  constructor(threads = availableParallelism()) {
    this.#threads = Array.from({ length: threads }, () => new Thread());
  }

  /** @throws UsageError when a module cannot be loaded */
  async load(module: string, scenario: string): Promise<void> {
    await allSettled(this.#threads.map((thread) => thread.ask({ type: 'load', module, scenario })));
  }

  /**
   * Lets every thread ask `next` for work until there is none, and gives `take` what each piece came to, one at a time.
   * @throws InfrastructureError, UsageError: the first trouble of any thread, when none is at work any more
   */
  async work(next: () => ToThread | undefined, take: (results: readonly Simulated[]) => Promise<void>): Promise<void> {
    let taking: Promise<void> = Promise.resolve();
    const trouble = new AbortController();
    const serve = async (thread: Thread): Promise<void> => {
      while (!trouble.signal.aborted) {
        const message = next();
        if (message === undefined) return;
        const answer = await thread.ask(message);
        if (answer.type !== 'done') continue;
        taking = taking.then(() => take(answer.results));
        await taking;
      }
    };
    const watched = (thread: Thread): Promise<void> =>
      serve(thread).catch((error: unknown) => {
        trouble.abort();
        throw error;
      });
    await allSettled(this.#threads.map(watched));
  }

  /** The moments, in milliseconds, at which something happens in the run of a plan. */
  async trace(plan: Plan): Promise<readonly number[]> {
    const answer = await this.#threads[0]?.ask({ type: 'trace', plan });
    return answer?.type === 'traced' ? answer.moments : [];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}

let shared: Pool | undefined;

/** The one of this program: starting threads takes longer than most searches. */
export function sharedPool(): Pool {
  shared ??= new Pool();
  return shared;
}
