/** Threads that simulate, as many as there are cores, and the work given to them. */
import { availableParallelism } from 'node:os';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { allSettled } from '../../base/all-settled.ts';
import { OWN_FLAGS, ownModule } from '../../base/own-module.ts';
import { InfrastructureError, UsageError } from '../../base/errors.ts';
import { NotSimulable, UnfinishedRun } from '../../plan/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Failure, FromThread, LockFacts, Simulated, ToThread, Work } from './messages.ts';

/** The young objects of a schedule die with it: they should not be looked at in vain meanwhile. */
const YOUNG_MB = 64;

type Answer = Exclude<FromThread, { type: 'failed' }>;

class Thread {
  /** The next work starts one, if there is none (any more). */
  #worker: Worker | undefined;
  /** Ends with the last message that was asked. */
  #turn: Promise<unknown> = Promise.resolve();
  /** By its number, what each run began with: the place of a thread that ended is taken by another. */
  readonly #loaded = new Map<number, ToThread>();

  /** Several may ask at once: each message is answered before the next is sent. */
  ask(message: ToThread): Promise<Answer> {
    const answer = this.#turn.then(() => this.#askNow(message));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #askNow(message: ToThread): Promise<Answer> {
    if (message.type === 'forget') this.#loaded.delete(message.run);
    if (this.#worker === undefined) {
      this.#worker = this.#start();
      for (const load of this.#loaded.values()) await this.#exchange(this.#worker, load);
    }
    if (message.type === 'load') this.#loaded.set(message.run, message);
    return this.#exchange(this.#worker, message);
  }

  async #exchange(worker: Worker, message: ToThread): Promise<Answer> {
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
  #runs = 0;

  constructor(threads = availableParallelism()) {
    this.#threads = Array.from({ length: threads }, () => new Thread());
  }

  /** Begins a run of this lock; those that have begun share the threads. @throws UsageError when a module cannot be loaded */
  async load(module: string, scenario: string): Promise<PoolRun> {
    const run = this.#runs++;
    const answers = await allSettled(
      this.#threads.map((thread) => thread.ask({ type: 'load', run, module, scenario })),
    );
    const [first] = answers;
    if (first?.type !== 'loaded') throw new Error('a thread has not said what it loaded');
    return new PoolRun(this.#threads, run, first.lock);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}

/** One run on the threads of a pool. */
export class PoolRun implements AsyncDisposable {
  readonly #threads: readonly Thread[];
  readonly #run: number;
  readonly lock: LockFacts;

  constructor(threads: readonly Thread[], run: number, lock: LockFacts) {
    this.#threads = threads;
    this.#run = run;
    this.lock = lock;
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

  /** What one plan comes to, with all that happened in it. */
  async simulate(plan: Plan): Promise<Simulated> {
    const answer = await this.#threads[0]?.ask({ type: 'plans', plans: [plan], whole: true, run: this.#run });
    const simulated = answer?.type === 'done' ? answer.results[0] : undefined;
    if (simulated === undefined) throw new InfrastructureError('a simulating thread has not run its plan');
    return simulated;
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
