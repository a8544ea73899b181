/** Threads that simulate, as many as there are cores, and the work given to them. */
import { availableParallelism } from 'node:os';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { allSettled } from '../../base/all-settled.ts';
import { OWN_FLAGS, ownModule } from '../../base/own-module.ts';
import { InfrastructureError, UsageError } from '../../base/errors.ts';
import { UnfinishedRun } from '../../plan/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { FromThread, Simulated, ToThread, Work } from './messages.ts';

/** The young objects of a schedule die with it: they should not be looked at in vain meanwhile. */
const YOUNG_MB = 64;

type Answer = Exclude<FromThread, { type: 'failed' }>;

class Thread {
  readonly #worker: Worker;
  /** Ends with the last message that was asked. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor() {
    this.#worker = new Worker(ownModule(import.meta.url, './thread'), {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      // The program's own options, such as coverage, are not the simulation's.
      execArgv: [...OWN_FLAGS],
    });
    // A thread without work keeps nobody waiting.
    this.#worker.unref();
  }

  /** Several may ask at once: each message is answered before the next is sent. */
  ask(message: ToThread): Promise<Answer> {
    const answer = this.#turn.then(() => this.#askNow(message));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #askNow(message: ToThread): Promise<Answer> {
    this.#worker.ref();
    const ended = new AbortController();
    const { signal } = ended;
    try {
      this.#worker.postMessage(message);
      const answer = await Promise.race([
        once(this.#worker, 'message', { signal }).then(([one]) => one as FromThread),
        once(this.#worker, 'exit', { signal }).then((): FromThread => ({
          type: 'failed',
          blame: 'harness',
          message: 'a simulating thread ended',
        })),
      ]);
      if (answer.type !== 'failed') return answer;
      const { blame, message: said, plan } = answer;
      if (plan !== undefined) throw new UnfinishedRun(said, plan);
      throw new (blame === 'harness' ? InfrastructureError : UsageError)(said);
    } finally {
      ended.abort();
      this.#worker.unref();
    }
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

export class Pool {
  readonly #threads: readonly Thread[];
  #runs = 0;

  constructor(threads = availableParallelism()) {
    this.#threads = Array.from({ length: threads }, () => new Thread());
  }

  /** Begins a run of this lock; those that have begun share the threads. @throws UsageError when a module cannot be loaded */
  async load(module: string, scenario: string): Promise<PoolRun> {
    const run = this.#runs++;
    await allSettled(this.#threads.map((thread) => thread.ask({ type: 'load', run, module, scenario })));
    return new PoolRun(this.#threads, run);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}

/** One run on the threads of a pool. */
export class PoolRun implements AsyncDisposable {
  readonly #threads: readonly Thread[];
  readonly #run: number;

  constructor(threads: readonly Thread[], run: number) {
    this.#threads = threads;
    this.#run = run;
  }

  /**
   * Lets every thread ask `next` for work until there is none, and gives `take` what each piece came to, one at a time.
   * After the first trouble of any thread nobody asks for more.
   * @throws InfrastructureError, UsageError: that trouble, when all threads have stopped working for this run
   */
  async work(next: () => Work | undefined, take: (results: readonly Simulated[]) => Promise<void>): Promise<void> {
    let taking: Promise<void> = Promise.resolve();
    let failed = false;
    const serve = async (thread: Thread): Promise<void> => {
      try {
        for (let work = next(); work !== undefined; work = failed ? undefined : next()) {
          const answer = await thread.ask({ ...work, run: this.#run });
          if (answer.type !== 'done') continue;
          taking = taking.then(() => take(answer.results));
          await taking;
        }
      } catch (error) {
        failed = true;
        throw error;
      }
    };
    await allSettled(this.#threads.map(serve));
  }

  /** The moments, in milliseconds, at which something happens in the run of a plan. */
  async trace(plan: Plan): Promise<readonly number[]> {
    const answer = await this.#threads[0]?.ask({ type: 'trace', plan, run: this.#run });
    return answer?.type === 'traced' ? answer.moments : [];
  }

  /** The threads forget the run. */
  async [Symbol.asyncDispose](): Promise<void> {
    const forgetting = this.#threads.map((thread) => thread.ask({ type: 'forget', run: this.#run }));
    // A thread that has ended has forgotten.
    await Promise.allSettled(forgetting);
  }
}

let shared: Pool | undefined;

/** The one of this program: starting threads takes longer than most searches. */
export function sharedPool(): Pool {
  shared ??= new Pool();
  return shared;
}
