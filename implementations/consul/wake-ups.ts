/** Wake-ups by Consul's blocking queries: one open request for each key that somebody waits for. */
import { sleepInBackground } from '../lease/clock.ts';
import type { Clock } from '../lease/clock.ts';
import type { WakeUps } from '../lease/backend.ts';
import { watchedOf } from './answers.ts';
import { RequestContext } from './client.ts';
import type { Agents } from './client.ts';

/** The server adds up to a sixteenth of it. */
const WAIT_MS = 10_000;
const ANSWER_WITHIN_MS = 12_000;
/** After a query that failed. */
const PAUSE_MS = 100;

export class BlockingQueries implements WakeUps {
  readonly #agents: Agents;
  readonly #clock: Clock;
  readonly #nameOf: (key: string) => string;
  readonly #open = new Set<Watch>();

  constructor(agents: Agents, clock: Clock, nameOf: (key: string) => string) {
    this.#agents = agents;
    this.#clock = clock;
    this.#nameOf = nameOf;
  }

  subscribe(key: string, hint: () => void): () => void {
    const watch = new Watch();
    this.#open.add(watch);
    void this.#follow(this.#nameOf(key), hint, watch);
    return () => this.#end(watch);
  }

  close(): void {
    for (const watch of this.#open) this.#end(watch);
  }

  #end(watch: Watch): void {
    this.#open.delete(watch);
    watch.end();
  }

  async #follow(name: string, hint: () => void, watch: Watch): Promise<void> {
    let index = '0';
    while (!watch.ended) {
      const context = watch.begin();
      try {
        const answer = await this.#agents.ask(Infinity, (client) =>
          client.kv.get({ key: name, index, wait: `${WAIT_MS}ms`, timeout: ANSWER_WITHIN_MS, ctx: context }),
        );
        const { held, index: next } = watchedOf(answer);
        // Indexes may fall, after a loss of data: then the counting starts anew.
        index = Number(next) < Number(index) ? '0' : next;
        if (!watch.ended && !held) hint();
      } catch {
        // Waiters poll meanwhile.
        index = '0';
        if (!watch.ended) await sleepInBackground(this.#clock, PAUSE_MS);
      }
    }
  }
}

class Watch {
  ended = false;
  #context: RequestContext | undefined;

  begin(): RequestContext {
    this.#context = new RequestContext();
    return this.#context;
  }

  end(): void {
    this.ended = true;
    this.#context?.cancel();
  }
}
