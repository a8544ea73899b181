/** Where in the lock's protocol, as seen on the wire, a fault strikes: what a search steers by, whatever the lock is. */
import type { Plan } from '../../plan/plan.ts';
import type { SimLink } from '../network/link.ts';
import type { TimedEvent } from '../../history/events.ts';

/** Conversations are told apart up to so many messages in each direction. */
const MOST = 8;

interface Course {
  /** What the worker's clients did last, such as `acquire.invoke`. */
  step: string;
  /** Messages of the worker's links until then. */
  sent: number;
  received: number;
}

/**
 * The state of a worker: its last step, and how many messages each way have followed it. Of a strike: the hazard and the state
 * of a worker that it touches; of one on servers, of every worker.
 */
export class Strikes {
  /** Such as `client-pause acquire.invoke 1/0`: struck when one request was on its way. */
  readonly reached = new Set<string>();
  readonly #plan: Plan;
  readonly #links: readonly (readonly SimLink[])[];
  readonly #courses: readonly Course[];

  /** @param links `links[worker][node]` */
  constructor(plan: Plan, links: readonly (readonly SimLink[])[]) {
    this.#plan = plan;
    this.#links = links;
    this.#courses = links.map(() => ({ step: 'idle', sent: 0, received: 0 }));
  }

  see({ process, f, type, value }: TimedEvent): void {
    if (typeof process === 'number') {
      this.#steps(process % this.#plan.workers, `${f}.${type}`);
    } else if (process === 'nemesis') {
      const { phase, target } = value as { readonly phase?: string; readonly target?: { readonly worker?: number } };
      if (phase !== 'start' || f === 'aim') return;
      const touched = target?.worker === undefined ? this.#links.keys() : [target.worker];
      for (const worker of touched) this.#strikes(worker, f);
    }
  }

  #steps(worker: number, step: string): void {
    const course = this.#courses[worker];
    if (course !== undefined) Object.assign(course, { step, ...this.#messages(worker) });
  }

  #strikes(worker: number, hazard: string): void {
    const course = this.#courses[worker];
    if (course === undefined) return;
    const { sent, received } = this.#messages(worker);
    const since = (now: number, then: number): number => Math.min(MOST, now - then);
    this.reached.add(`${hazard} ${course.step} ${since(sent, course.sent)}/${since(received, course.received)}`);
  }

  #messages(worker: number): { readonly sent: number; readonly received: number } {
    let [sent, received] = [0, 0];
    for (const { request, reply } of this.#links[worker] ?? []) {
      sent += request.messages;
      received += reply.messages;
    }
    return { sent, received };
  }
}
