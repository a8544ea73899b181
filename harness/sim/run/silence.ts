/**
 * Acquisitions that wait in silence: nothing crosses the links of their process for half of the time that they may take.
 * What they wait for is not on its way to any server.
 */
import type { TimedEvent } from '../../history/events.ts';
import type { SimLink } from '../network/link.ts';
import type { World } from '../engine/world.ts';

interface Waiting {
  /** Messages of the worker's links when half of its time was over; `undefined` until then. */
  half: number | undefined;
}

export class Silence {
  readonly #world: World;
  readonly #workers: number;
  readonly #timeoutMs: number;
  /** `links[worker][node]` */
  readonly #links: readonly (readonly SimLink[])[];
  readonly #waiting = new Map<number, Waiting>();
  /** Has waited so, whatever the lock then said. */
  #any = false;
  #unanswered = false;

  constructor(world: World, links: readonly (readonly SimLink[])[], timeoutMs: number) {
    this.#world = world;
    this.#workers = links.length;
    this.#timeoutMs = timeoutMs;
    this.#links = links;
  }

  /** Whether some acquisition has waited so. */
  get any(): boolean {
    return this.#any || this.#waits();
  }

  /** Whether some acquisition has waited so, and the lock had no answer of its own for it. */
  get unanswered(): boolean {
    return this.#unanswered || this.#waits();
  }

  see({ process, f, type, error }: TimedEvent): void {
    if (typeof process !== 'number' || f !== 'acquire') return;
    if (type === 'invoke') {
      const waiting: Waiting = { half: undefined };
      this.#waiting.set(process, waiting);
      const halfUs = Math.round(this.#timeoutMs * 500);
      this.#world.schedule(this.#world.now + halfUs, this.#world.system, 'system', () => {
        waiting.half = this.#messages(process);
      });
      return;
    }
    if (type !== 'ok' && this.#isSilent(process)) {
      this.#any = true;
      // That it was called off at the end of the run is no answer.
      this.#unanswered ||= type === 'info' || error?.code === 'LOCK_ABORTED';
    }
    this.#waiting.delete(process);
  }

  #waits(): boolean {
    return this.#waiting.keys().some((process) => this.#isSilent(process));
  }

  #isSilent(process: number): boolean {
    const half = this.#waiting.get(process)?.half;
    return half !== undefined && half === this.#messages(process);
  }

  #messages(process: number): number {
    const links = this.#links[process % this.#workers] ?? [];
    return links.reduce((sum, { request, reply }) => sum + request.messages + reply.messages, 0);
  }
}
