/** What one worker does in one run: its clients, and what the harness wants to be told of them. */
import { Aims } from './aims.ts';
import { Client, type ClientEnvironment } from './client.ts';
import type { Moment } from '../plan/moments.ts';
import type { Assignment, FromWorker } from './messages.ts';

/** What is told while the work goes on. */
export type Word = Extract<FromWorker, { type: 'moment' | 'granted' }>;
export type Workplace = Omit<ClientEnvironment, 'task' | 'finish' | 'reach' | 'granted'>;

export class Work {
  readonly #assignment: Assignment;
  readonly #say: (word: Word) => void;
  readonly #finish = new AbortController();
  /** Keys whose next grant the harness wants to be told. */
  readonly #awaited = new Set<string>();
  readonly #aims = new Aims((id) => this.#say({ type: 'moment', id }));

  constructor(assignment: Assignment, say: (word: Word) => void) {
    this.#assignment = assignment;
    this.#say = say;
  }

  /** Settles when all clients have ended, or one has met what the contract forbids. @throws ContractError, UsageError */
  async run(workplace: Workplace): Promise<void> {
    const task = this.#assignment;
    const environment: ClientEnvironment = {
      ...workplace,
      task,
      finish: this.#finish.signal,
      reach: (moment) => this.#aims.reach(moment),
      granted: (key) => {
        if (this.#awaited.delete(key)) this.#say({ type: 'granted', key });
      },
    };
    const { keys, renew, holdsMs, thinksMs, leasesMs, practice, throws, lapseKey, leaseMs, clientsPerWorker } = task;
    const ordinary = { keys, renew, holdsMs, thinksMs, leasesMs, practice, throws };
    const clients = Array.from({ length: clientsPerWorker }, (_, index) => new Client(environment, ordinary, index));
    if (lapseKey !== undefined) {
      const overstaying = { keys: [lapseKey], renew: false, holdsMs: [leaseMs * 1.5], thinksMs: [1] };
      // Faults aim at what the ordinary clients do.
      clients.push(new Client({ ...environment, reach: () => undefined }, overstaying, clientsPerWorker));
    }
    await Promise.all(clients.map((client) => client.run()));
  }

  /** Tells when the n-th moment of this kind from now is reached. */
  aim(id: string, moment: Moment, nth: number): void {
    this.#aims.add(id, moment, nth);
  }

  /** Tells of the next grant of each key. */
  tellNextGrants(): void {
    for (const key of this.#assignment.keys) this.#awaited.add(key);
  }

  /** Whoever waits gives up; whoever holds finishes the cycle. */
  finish(): void {
    this.#finish.abort();
  }
}
