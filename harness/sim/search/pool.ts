/** Threads that simulate, as many as there are cores, and the work given to them. */
import { availableParallelism } from 'node:os';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { OWN_FLAGS, ownModule } from '../../base/own-module.ts';
import { InfrastructureError, UsageError } from '../../base/errors.ts';
import { ContractBreach, UnfinishedRun } from '../../plan/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { FromThread, Simulated, ToThread } from './messages.ts';

/** The young objects of a schedule die with it: they should not be looked at in vain meanwhile. */
const YOUNG_MB = 64;

class Thread {
  readonly #worker: Worker;

  constructor() {
    this.#worker = new Worker(ownModule(import.meta.url, './thread'), {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      // The program's own options, such as coverage, are not the simulation's.
      execArgv: [...OWN_FLAGS],
    });
    // A thread without work keeps nobody waiting.
    this.#worker.unref();
  }

  async ask(message: ToThread): Promise<Exclude<FromThread, { type: 'failed' }>> {
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
      if (plan !== undefined) throw new (blame === 'harness' ? UnfinishedRun : ContractBreach)(said, plan);
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

  constructor(threads = availableParallelism()) {
    this.#threads = Array.from({ length: threads }, () => new Thread());
  }

  /** @throws UsageError when a module cannot be loaded */
  async load(module: string, scenario: string): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.ask({ type: 'load', module, scenario })));
  }

  /**
   * Lets every thread ask `next` for work until there is none, and gives `take` what each piece came to, one at a time.
   * @throws InfrastructureError, UsageError: the first trouble of any thread
   */
  async work(next: () => ToThread | undefined, take: (results: readonly Simulated[]) => Promise<void>): Promise<void> {
    let taking: Promise<void> = Promise.resolve();
    const serve = async (thread: Thread): Promise<void> => {
      for (let message = next(); message !== undefined; message = next()) {
        const answer = await thread.ask(message);
        if (answer.type !== 'done') continue;
        taking = taking.then(() => take(answer.results));
        await taking;
      }
    };
    await Promise.all(this.#threads.map(serve));
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
