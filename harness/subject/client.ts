/** One client of the lock under test: cycles of the scenario, each step recorded at its boundary. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isLockError } from 'holdfast-locks';
import { UsageError } from '../base/errors.ts';
import { reasonOf } from '../base/issues.ts';
import { mix } from '../base/random.ts';
import { rotated } from '../base/rotated.ts';
import { meetingKeyOf } from '../plan/plan.ts';
import { Calls } from './calls.ts';
import type { Assignment } from './messages.ts';
import { ContractError } from './module.ts';
import { PlannedError, Turn, type TurnEnvironment, type TurnTask } from './turn.ts';

export interface ClientEnvironment extends TurnEnvironment {
  readonly task: Assignment;
}

/** Process numbers that one incarnation of a client may use up by operations of unknown outcome. */
export const LIVES_APART = 100_000;

/** How a client behaves. */
export type Habits = Pick<Assignment, 'keys' | 'renew' | 'holdsMs' | 'thinksMs' | 'leasesMs' | 'practice' | 'throws'>;

export class Client {
  readonly #environment: ClientEnvironment;
  readonly #habits: Habits;
  readonly #name: string;
  readonly #number: number;
  readonly #calls: Calls;
  #cycle: number;

  constructor(environment: ClientEnvironment, habits: Habits, index: number) {
    const { task } = environment;
    this.#environment = environment;
    this.#habits = habits;
    const clients = task.workers * (task.clientsPerWorker + 1);
    const client = task.worker + task.workers * index;
    this.#number = client;
    this.#name = `c${client}.${task.incarnation}`;
    this.#cycle = client * 5;
    const process = client + clients * LIVES_APART * task.incarnation;
    this.#calls = new Calls(environment, `worker-${task.worker}`, process, clients);
  }

  async run(): Promise<void> {
    const { finish, task } = this.#environment;
    const { cycles = Infinity } = task;
    for (let done = 0; done < cycles && !finish.aborted; done += 1) {
      await this.#oneCycle(done);
      await sleep(pick(this.#habits.thinksMs, this.#cycle), undefined, { signal: finish }).catch(() => undefined);
    }
  }

  async #oneCycle(count: number): Promise<void> {
    const turn = new Turn(this.#environment, this.#calls, this.#task(this.#cycle++, count));
    try {
      await this.#perform(turn);
      // Under the first lease of an owner that has asked for it twice everything is done once more.
      if (turn.startOver()) await this.#perform(turn);
    } finally {
      if (turn.holds) await turn.end();
    }
  }

  /** @throws ContractError, and UsageError for a mistake of the scenario */
  async #perform(turn: Turn): Promise<void> {
    const { scenario } = this.#environment;
    try {
      await scenario.cycle(turn);
    } catch (error) {
      if (error instanceof ContractError || error instanceof UsageError) throw error;
      if (error instanceof PlannedError || isLockError(error) || this.#calls.hasThrown(error)) return;
      throw new UsageError(`scenario ${scenario.name}: a cycle ended by ${reasonOf(error)}`, { cause: error });
    }
  }

  #task(cycle: number, count: number): TurnTask {
    const { keys, holdsMs, renew, practice = {}, throws = ['never'] } = this.#habits;
    const { task } = this.#environment;
    const { acquireTimeoutMs: timeoutMs, seed, incarnation } = task;
    const leaseMs = pick(this.#habits.leasesMs ?? [task.leaseMs], cycle);
    const { modes = ['exclusive'], briefMs = leaseMs, meetingMs = 0, reenters = [false] } = practice;
    const { reentersShared = [false] } = practice;
    const mode = pick(modes, cycle);
    return {
      ...{ number: this.#number, count, id: `${this.#name}.${cycle}`, observer: `worker-${task.worker}` },
      names: mode === 'meeting' ? [meetingKeyOf(keys)] : rotated(keys, cycle),
      mode: mode === 'exclusive' ? 'exclusive' : 'shared',
      owner: practice.reenters === undefined ? undefined : this.#name,
      leaseMs: mode === 'brief' ? briefMs : leaseMs,
      ...{ timeoutMs, renew, holdMs: mode === 'meeting' ? meetingMs : pick(holdsMs, cycle) },
      reenters: pick(reenters, cycle),
      reentersShared: pick(reentersShared, cycle),
      throwsAt: pick(throws, cycle),
      seed: mix(mix(seed, this.#number), cycle + incarnation * LIVES_APART),
    };
  }
}

function pick<T>(values: readonly T[], index: number): T {
  return values[index % values.length] as T;
}
