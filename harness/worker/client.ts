/** One client of the lock under test: cycles of acquire, scenario, release, each step recorded at its boundary. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isLockError, LeaseLostError, type Lease, type Lock } from '../../implementations/lock.ts';
import type { EventRecorder } from '../history/recorder.ts';
import type { Resource, Seen } from '../resource/protocol.ts';
import type { Assignment, Moment } from './messages.ts';
import { checkedRelease, ContractError } from './module.ts';
import type { LeaseInUse, Scenario } from './scenario.ts';

/** Beyond its deadline by this much, a lease's signal must have aborted. */
const NOTICE_GRACE_MS = 50;
/** A client whose acquire fails at once must not spin. */
const AFTER_FAILURE_MS = 20;
/** Length of a step of work. */
const WORK_STEP_MS = 8;
/** Setting a timer further ahead than this overflows it. */
const FAR_MS = 0x7fff_ffff;

export interface ClientEnvironment {
  readonly task: Assignment;
  readonly lock: Lock;
  readonly prefix: string;
  readonly scenario: Scenario;
  readonly resource: Resource;
  readonly recorder: EventRecorder;
  /** Nanoseconds of the recorder's clock at which `performance.now()` was zero. */
  readonly performanceOriginNs: number;
  /** Aborts when the run is over: waiting clients give up. */
  readonly finish: AbortSignal;
  readonly reach: (moment: Moment) => void;
  readonly granted: (key: string) => void;
}

/** How a client behaves. */
export type Habits = Pick<Assignment, 'keys' | 'renew' | 'holdsMs' | 'thinksMs'>;

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
    // Room for the process numbers that one incarnation uses up by operations of unknown outcome.
    this.#process = client + this.#clients * 100_000 * task.incarnation;
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
    const { scenario, recorder, reach } = this.#environment;
    const cycle = this.#cycle++;
    const key = pick(this.#habits.keys, cycle);
    const id = `${this.#name}.${cycle}`;
    const lease = await this.#acquire(key, id);
    if (lease === undefined) return;
    const watch = this.#watchLease(key, id, lease);
    try {
      await scenario.cycle(this.#use(key, id, lease, cycle));
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

  async #acquire(key: string, id: string): Promise<Lease | undefined> {
    const { task, lock, prefix, recorder, finish, reach, granted } = this.#environment;
    recorder.record({
      type: 'invoke',
      process: this.#process,
      f: 'acquire',
      key,
      value: { lease: id },
      time: recorder.now(),
    });
    recorder.flush();
    reach('acquire.invoke');
    try {
      const lease = await lock.acquire(`${prefix}${key}`, {
        leaseMs: task.leaseMs,
        timeoutMs: task.acquireTimeoutMs,
        renew: this.#habits.renew,
        signal: finish,
      });
      const time = recorder.now();
      const fence = lease.fencingToken === undefined ? {} : { fence: String(lease.fencingToken) };
      const deadline = lease.expiresAt === undefined ? {} : { deadline: this.#ns(lease.expiresAt) };
      const value = { lease: id, ...fence, ...deadline };
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
      recorder.record({
        type,
        process: this.#process,
        f: 'acquire',
        key,
        value: { lease: id },
        time: recorder.now(),
        error: { code: code === 'UNEXPECTED' ? `${code}: ${String(error)}` : code },
      });
      recorder.flush();
      if (!definite) this.#process += this.#clients;
      await sleep(AFTER_FAILURE_MS, undefined, { signal: finish }).catch(() => undefined);
      return undefined;
    }
  }

  #use(key: string, id: string, lease: Lease, cycle: number): LeaseInUse {
    const { resource, recorder, reach } = this.#environment;
    const habits = this.#habits;
    const use = { key, lease: id, ...(lease.fencingToken === undefined ? {} : { fence: String(lease.fencingToken) }) };
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
        for (let left = pick(habits.holdsMs, cycle); left > 0 && !lease.signal.aborted; left -= WORK_STEP_MS) {
          await sleep(Math.min(left, WORK_STEP_MS), undefined, { signal: lease.signal }).catch(() => undefined);
        }
      },
    };
  }

  /** Records what happens to a lease while it is held, and whether its holder is told of the end in time. */
  #watchLease(key: string, id: string, lease: Lease): { beforeRelease(): void; stop(): void } {
    const { recorder } = this.#environment;
    const unsubscribe = lease.onRenewed((expiresAt) => {
      recorder.observe(this.#observer, 'renew', key, { lease: id, deadline: this.#ns(expiresAt) });
    });
    const onLost = (): void => {
      const reason: unknown = lease.signal.reason;
      const word = reason instanceof LeaseLostError ? reason.reason : 'connection';
      recorder.observe(this.#observer, 'lost', key, { lease: id, reason: word });
    };
    if (lease.signal.aborted) onLost();
    else lease.signal.addEventListener('abort', onLost, { once: true });
    const notice = this.#watchNotice(key, id, lease);
    return {
      beforeRelease: notice,
      stop: () => {
        unsubscribe();
        lease.signal.removeEventListener('abort', onLost);
      },
    };
  }

  /** @returns the function that ends the watch. */
  #watchNotice(key: string, id: string, lease: Lease): () => void {
    const { recorder } = this.#environment;
    let timer: NodeJS.Timeout | undefined;
    let told = false;
    const arm = (): void => {
      if (lease.expiresAt === undefined) return;
      const inMs = lease.expiresAt + NOTICE_GRACE_MS - performance.now();
      timer = setTimeout(check, Math.min(Math.max(0, inMs), FAR_MS));
      timer.unref();
    };
    const check = (): void => {
      const { expiresAt } = lease;
      if (expiresAt === undefined) return;
      const due = expiresAt + NOTICE_GRACE_MS;
      if (performance.now() < due) return arm();
      told = true;
      const value = { lease: id, due: this.#ns(due), aborted: lease.signal.aborted };
      recorder.observe(this.#observer, 'notice', key, value);
    };
    arm();
    return () => {
      clearTimeout(timer);
      const { expiresAt } = lease;
      if (told || expiresAt === undefined || performance.now() < expiresAt || !lease.signal.aborted) return;
      // Told of the end before it was due, and giving up at once: the notice was in time.
      const value = { lease: id, due: this.#ns(expiresAt + NOTICE_GRACE_MS), aborted: true };
      recorder.observe(this.#observer, 'notice', key, value);
    };
  }

  #ns(performanceMs: number): number {
    return Math.max(0, Math.floor(performanceMs * 1e6 + this.#environment.performanceOriginNs));
  }
}

function pick<T>(values: readonly T[], index: number): T {
  return values[index % values.length] as T;
}
