/** One client of the lock under test: cycles of acquire, scenario, release, each step recorded at its boundary. */
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../base/issues.ts';
import { isLockError, type Lease, type Lock, type Mode } from 'holdfast-locks';
import { refusalIn } from '../base/refusal.ts';
import type { EventRecorder } from '../history/recorder.ts';
import type { Resource, Seen } from '../resource/protocol.ts';
import type { Moment } from '../plan/moments.ts';
import type { Assignment } from './messages.ts';
import { checkedRelease, ContractError } from './module.ts';
import type { LeaseInUse, Scenario } from '../resource/scenario.ts';
import { grantOf } from './grant.ts';
import { refusedAt } from './stamps.ts';
import { watchLease } from './watch.ts';

/** A client whose acquire fails at once must not spin. */
const AFTER_FAILURE_MS = 20;
/** Length of a step of work, and how many steps the longest work has. */
const WORK_STEP_MS = 8;
const MOST_STEPS = 120;

export interface ClientEnvironment {
  readonly task: Assignment;
  readonly lock: Lock;
  readonly prefix: string;
  readonly scenario: Scenario;
  readonly resource: Resource;
  readonly recorder: EventRecorder;
  /** Of a lock that takes all clients of its process for one owner. */
  readonly ownedBy?: string | undefined;
  /** Nanoseconds of the recorder's clock at a moment of `performance.now()`. */
  readonly nsOf: (performanceMs: number) => number;
  /** Aborts when the run is over: waiting clients give up. */
  readonly finish: AbortSignal;
  readonly reach: (moment: Moment) => void;
  readonly granted: (key: string) => void;
}

/** Process numbers that one incarnation of a client may use up by operations of unknown outcome. */
export const LIVES_APART = 100_000;

/** How a client behaves. */
export type Habits = Pick<Assignment, 'keys' | 'renew' | 'holdsMs' | 'thinksMs' | 'practice'>;

/** How a cycle asks for the lock, and what it then does. */
interface Wish {
  readonly key: string;
  readonly mode: Mode;
  /** Named only where re-entry is practised. */
  readonly owner: string | undefined;
  readonly leaseMs: number;
  readonly holdMs: number;
  readonly reenters: boolean;
}

export class Client {
  readonly #environment: ClientEnvironment;
  readonly #habits: Habits;
  readonly #name: string;
  readonly #observer: string;
  readonly #clients: number;
  #process: number;
  #cycle = 0;

  constructor(environment: ClientEnvironment, habits: Habits, index: number) {
    const { task } = environment;
    this.#environment = environment;
    this.#habits = habits;
    this.#clients = task.workers * (task.clientsPerWorker + 1);
    this.#observer = `worker-${task.worker}`;
    const client = task.worker + task.workers * index;
    this.#process = client + this.#clients * LIVES_APART * task.incarnation;
    this.#name = `c${client}.${task.incarnation}`;
    this.#cycle = client * 5;
  }

  async run(): Promise<void> {
    const { finish, task } = this.#environment;
    const { cycles = Infinity } = task;
    for (let done = 0; done < cycles && !finish.aborted; done += 1) {
      await this.#oneCycle();
      await sleep(pick(this.#habits.thinksMs, this.#cycle), undefined, { signal: finish }).catch(() => undefined);
    }
  }

  async #oneCycle(): Promise<void> {
    const { scenario } = this.#environment;
    const cycle = this.#cycle++;
    const wish = this.#wish(cycle);
    const id = `${this.#name}.${cycle}`;
    const work = wish.mode === 'shared' ? look : (use: LeaseInUse) => scenario.cycle(use);
    await this.#underLease(wish, id, async (use) => {
      if (wish.reenters) await this.#underLease(wish, `${id}.again`, work);
      await work(use);
    });
  }

  #wish(cycle: number): Wish {
    const { keys, holdsMs, practice = {} } = this.#habits;
    const { leaseMs } = this.#environment.task;
    const { modes = ['exclusive'], briefMs = leaseMs, meetingMs = 0, reenters = [false] } = practice;
    const mode = pick(modes, cycle);
    return {
      key: mode === 'meeting' ? `${keys[0]}-meeting` : pick(keys, cycle),
      mode: mode === 'exclusive' ? 'exclusive' : 'shared',
      owner: practice.reenters === undefined ? undefined : this.#name,
      leaseMs: mode === 'brief' ? briefMs : leaseMs,
      holdMs: mode === 'meeting' ? meetingMs : pick(holdsMs, cycle),
      reenters: pick(reenters, cycle),
    };
  }

  async #underLease(wish: Wish, id: string, routine: (use: LeaseInUse) => Promise<void>): Promise<void> {
    const { recorder, reach } = this.#environment;
    const { key } = wish;
    const lease = await this.#acquire(wish, id);
    if (lease === undefined) return;
    const { nsOf: ns } = this.#environment;
    const watch = watchLease({ key, id, lease, recorder, observer: this.#observer, ns });
    try {
      await routine(this.#use(wish, id, lease));
    } finally {
      watch.beforeRelease();
      recorder.record({
        type: 'invoke',
        process: this.#process,
        f: 'release',
        key,
        value: { lease: id },
        time: recorder.now(),
      });
      recorder.flush();
      reach('release.invoke');
      const outcome = await checkedRelease(lease);
      const time = recorder.now();
      watch.stop();
      const type = outcome === 'unknown' ? 'info' : 'ok';
      const value = outcome === 'unknown' ? { lease: id } : { lease: id, outcome };
      recorder.record({ type, process: this.#process, f: 'release', key, value, time });
      if (outcome === 'unknown') this.#process += this.#clients;
    }
  }

  async #acquire({ key, mode, owner, leaseMs }: Wish, id: string): Promise<Lease | undefined> {
    const { task, lock, prefix, recorder, finish, reach, granted, ownedBy } = this.#environment;
    const asked = {
      lease: id,
      leaseMs,
      ...(mode === 'shared' ? { mode } : {}),
      ...(owner === undefined ? {} : { owner }),
      ...(ownedBy === undefined ? {} : { owner: ownedBy }),
    };
    recorder.record({
      type: 'invoke',
      process: this.#process,
      f: 'acquire',
      key,
      value: asked,
      time: recorder.now(),
    });
    recorder.flush();
    reach('acquire.invoke');
    try {
      const lease = await lock.acquire(`${prefix}${key}`, {
        ...{ leaseMs, timeoutMs: task.acquireTimeoutMs, renew: this.#habits.renew, signal: finish },
        ...(mode === 'shared' ? { mode } : {}),
        ...(owner === undefined ? {} : { owner }),
      });
      const time = recorder.now();
      const value = grantOf(lease, asked, recorder, this.#environment.nsOf);
      recorder.record({ type: 'ok', process: this.#process, f: 'acquire', key, value, time });
      recorder.flush();
      reach('acquire.ok');
      granted(key);
      return lease;
    } catch (error) {
      if (error instanceof ContractError) throw error;
      const definite = isLockError(error) && error.outcome === 'definite';
      const code = isLockError(error) ? error.code : 'UNEXPECTED';
      const type = definite ? 'fail' : 'info';
      const refused = refusalIn(error);
      const call = error instanceof Error ? refusedAt.get(error) : undefined;
      recorder.record({
        type,
        process: this.#process,
        f: 'acquire',
        key,
        value: call === undefined ? asked : { ...asked, t: [recorder.at(call.asked), recorder.at(call.answered)] },
        time: recorder.now(),
        error: {
          code: code === 'UNEXPECTED' ? `${code}: ${reasonOf(error)}` : code,
          ...(refused === undefined ? {} : { refused }),
        },
      });
      recorder.flush();
      if (!definite) this.#process += this.#clients;
      await sleep(AFTER_FAILURE_MS, undefined, { signal: finish }).catch(() => undefined);
      return undefined;
    }
  }

  #use({ key, mode, holdMs }: Wish, id: string, lease: Lease): LeaseInUse {
    const { resource, recorder, reach } = this.#environment;
    const use = {
      ...{ key, lease: id, shared: mode === 'shared' },
      ...(lease.fencingToken === undefined ? {} : { fence: String(lease.fencingToken) }),
    };
    const probe = (): void => {
      // The clock is read first: what the lock says is then true of that moment or of a later one.
      const time = recorder.now();
      const held = !lease.signal.aborted && (lease.expiresAt === undefined || lease.remainingMs() > 0);
      recorder.observe(this.#observer, 'held', key, { lease: id, held }, time);
    };
    return {
      lease,
      get lost() {
        return lease.signal.aborted;
      },
      read: () => {
        probe();
        return resource.read(use);
      },
      write: (from: Seen) => {
        probe();
        reach('write');
        return resource.write(use, from);
      },
      work: async () => {
        // In steps, as real work is: a process that was stopped still has the rest of its work before it.
        const stepMs = Math.max(WORK_STEP_MS, holdMs / MOST_STEPS);
        for (let left = holdMs; left > 0 && !lease.signal.aborted; left -= stepMs) {
          await sleep(Math.min(left, stepMs), undefined, { signal: lease.signal }).catch(() => undefined);
        }
      },
    };
  }
}

/** What is done under a shared lease, whatever the scenario: to write would take an exclusive one. */
async function look(use: LeaseInUse): Promise<void> {
  await use.read();
  await use.work();
}

function pick<T>(values: readonly T[], index: number): T {
  return values[index % values.length] as T;
}
