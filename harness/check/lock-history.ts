/** What the verdicts on a lock are judged by: leases, the resource's observations, faults. */
import { HistoryError } from '../history/errors.ts';
import { workerOf } from '../history/header.ts';
import type { HistorySink, Observation, Operation } from '../history/pairing.ts';
import { feedHistory, streamHistory, type History, type HistoryInfo } from '../history/read.ts';
import { recordedOperation, type RecordedOperation } from './carried-out.ts';
import { faultWindows, WorkerFaults, type PhaseEvent, type Stall } from './faults.ts';
import { booleanField, choice, field, numberField, optional, stringField } from './fields.ts';
import {
  applyRelease,
  deadlinesOf,
  durationField,
  fenceField,
  lengthsOf,
  resourceUse,
  stampsOf,
  type ResourceUse,
} from './lock-events.ts';
import { NamelessLeases } from './nameless.ts';
import type { Stretch } from './stretches.ts';
import { applyRenewals, Lease, LeaseNumbers, type Release, type Renewal, type Sighting } from './leases.ts';

/** The worker's own timer, due some grace after the deadline, looked whether the lease's signal had aborted. */
export interface Notice extends Sighting {
  readonly key: string;
  readonly lease: string;
  readonly due: number;
  readonly aborted: boolean;
}

export interface LockHistory {
  readonly info: HistoryInfo;
  readonly leases: ReadonlyMap<string, Lease>;
  /** Of each key, in the order in which they were read. */
  readonly byKey: ReadonlyMap<string, readonly Lease[]>;
  readonly uses: readonly ResourceUse[];
  /** Of a scenario; none where they were not asked for. */
  readonly operations: readonly RecordedOperation[];
  readonly notices: readonly Notice[];
  readonly faults: WorkerFaults;
  /** Operations that are no acquire and no release, and how many of each. */
  readonly ignored: ReadonlyMap<string, number>;
}

/** A streamed file of locks. @throws HistoryError */
export async function readLockHistory(path: string): Promise<LockHistory> {
  const { sink, info } = await streamHistory(path, () => new LockHistoryBuilder());
  return sink.build(info);
}

/** @param withOperations what was done to the resource is taken in too, whatever it is. @throws HistoryError */
export function lockHistoryOf(history: History, withOperations = false): LockHistory {
  const builder = new LockHistoryBuilder(withOperations);
  return builder.build(feedHistory(history, builder));
}

const MODES = ['exclusive', 'shared'] as const;
const OUTCOMES = ['released', 'done', 'lost'] as const;
/** By which a lock says that its client was ready to wait no longer. */
const TIMED_OUT = 'LOCK_TIMEOUT';

/** Its client had called it off: what the lock says then is no matter of time. */
const wasAborted = ({ completion }: Operation): boolean => field(completion?.value, 'aborted') === true;

interface EarlyRelease {
  readonly lease: string;
  readonly key: string;
  readonly line: number;
  readonly failed: boolean;
  readonly release: Release;
}

class LockHistoryBuilder implements HistorySink {
  readonly #withOperations: boolean;
  readonly #operations: RecordedOperation[] = [];
  readonly #numbers = new LeaseNumbers();
  readonly #leases = new Map<string, Lease>();
  readonly #byKey = new Map<string, Lease[]>();
  /** Of leases whose acquire has not been read yet. */
  readonly #early: EarlyRelease[] = [];
  readonly #renewals = new Map<string, Renewal[]>();
  readonly #lost = new Map<string, Sighting>();
  readonly #saidHeld = new Map<string, Sighting>();
  readonly #uses: ResourceUse[] = [];
  readonly #notices: Notice[] = [];
  readonly #phases: PhaseEvent[] = [];
  readonly #stalls: (Omit<Stall, 'worker'> & { readonly process: string })[] = [];
  readonly #slowWires: Stretch[] = [];
  readonly #firstSeen = new Map<number, number>();
  readonly #nameless = new NamelessLeases();
  readonly #ignored = new Map<string, number>();

  constructor(withOperations = false) {
    this.#withOperations = withOperations;
  }

  operation(operation: Operation): void {
    const { process, called } = operation;
    const seen = this.#firstSeen.get(process);
    if (seen === undefined || called < seen) this.#firstSeen.set(process, called);
    if (operation.f === 'acquire' || operation.f === 'release') {
      const named = this.#nameless.withLease(operation);
      if (named === undefined) return;
      if (named.f === 'acquire') this.#acquire(named);
      else this.#release(named);
    } else this.#ignored.set(operation.f, (this.#ignored.get(operation.f) ?? 0) + 1);
  }

  #acquire(operation: Operation): void {
    const { invoke, invokeLine, completionLine, process, called, returned, outcome } = operation;
    const id = stringField(invoke.value, 'lease', invokeLine);
    if (this.#leases.has(id)) {
      throw new HistoryError(
        invokeLine,
        'value.lease',
        `"${id}" was acquired before: each attempt has a lease id of its own`,
      );
    }
    const sameKey = this.#byKey.get(operation.key);
    const key = sameKey?.[0]?.key ?? operation.key;
    const answer = outcome === 'ok' ? operation.completion?.value : undefined;
    const lengths = lengthsOf(invoke.value, invokeLine, answer, completionLine);
    const stamps = stampsOf(operation.completion?.value, operation, completionLine);
    const lease = new Lease(this.#numbers, {
      id,
      key,
      process,
      shared: choice(invoke.value, 'mode', MODES, 'exclusive', invokeLine) === 'shared',
      owner: optional(stringField, invoke.value, 'owner', invokeLine),
      acquire: outcome,
      called,
      returned,
      ...stamps,
      acquireRef: operation.invokeRef,
      answerRef: operation.completionRef,
      fence: fenceField(answer, completionLine),
      waitNs: durationField(invoke.value, 'waitMs', invokeLine),
      timedOut: outcome !== 'ok' && operation.completion?.error?.code === TIMED_OUT && !wasAborted(operation),
      ...lengths,
      ...deadlinesOf(answer, lengths, { called, answered: stamps.answered }, completionLine),
    });
    this.#leases.set(id, lease);
    if (sameKey === undefined) this.#byKey.set(key, [lease]);
    else sameKey.push(lease);
  }

  #release(operation: Operation): void {
    const { invoke, invokeLine, completionLine, called, returned, outcome, invokeRef, completionRef } = operation;
    const id = stringField(invoke.value, 'lease', invokeLine);
    const release: Release = {
      outcome:
        outcome === 'ok'
          ? choice(operation.completion?.value, 'outcome', OUTCOMES, 'released', completionLine)
          : 'unknown',
      called,
      returned,
      ref: invokeRef,
      answerRef: completionRef,
    };
    const failed = outcome === 'fail';
    const lease = this.#leases.get(id);
    if (lease === undefined) this.#early.push({ lease: id, key: operation.key, line: invokeLine, failed, release });
    else applyRelease(lease, operation.key, failed, release, invokeLine);
  }

  observation({ process, f, key, at, event, ref, line }: Observation): void {
    const { value } = event;
    if (process === 'nemesis') {
      const target = field(value, 'target');
      const worker = optional(numberField, target, 'worker', line);
      const node = optional(numberField, target, 'node', line);
      const phase = choice(value, 'phase', ['start', 'bit', 'end', 'healed'], undefined, line);
      this.#phases.push({ fault: stringField(value, 'fault', line), f, phase, worker, node, at, ref });
      return;
    }
    if (process === 'resource' && this.#withOperations) {
      this.#operations.push(recordedOperation(event, key, { at, ref }, line));
      return;
    }
    switch (f) {
      case 'renew': {
        const id = stringField(value, 'lease', line);
        const renewal = { at, ref, deadline: numberField(value, 'deadline', line) };
        const renewals = this.#renewals.get(id);
        if (renewals === undefined) this.#renewals.set(id, [renewal]);
        else renewals.push(renewal);
        return;
      }
      case 'lost': {
        const id = stringField(value, 'lease', line);
        if (at < (this.#lost.get(id)?.at ?? Infinity)) this.#lost.set(id, { at, ref });
        return;
      }
      case 'held': {
        const id = stringField(value, 'lease', line);
        if (!booleanField(value, 'held', line)) return;
        if (at > (this.#saidHeld.get(id)?.at ?? -Infinity)) this.#saidHeld.set(id, { at, ref });
        return;
      }
      case 'stall':
        this.#stalls.push({ process, from: at - numberField(value, 'ms', line) * 1e6, to: at, ref });
        return;
      case 'wire':
        this.#slowWires.push({ from: at - numberField(value, 'ms', line) * 1e6, to: at });
        return;
      case 'notice': {
        const lease = stringField(value, 'lease', line);
        const aborted = booleanField(value, 'aborted', line);
        this.#notices.push({ key, at, ref, lease, due: numberField(value, 'due', line), aborted });
        return;
      }
      case 'read':
      case 'write':
        this.#uses.push(resourceUse(f, event, key, at, ref, line));
        return;
      default:
    }
  }

  /** Only histories of other tools may leave leases without a name. @throws HistoryError */
  #ignoredOf({ foreign }: HistoryInfo): ReadonlyMap<string, number> {
    const { firstLine, unmatched } = this.#nameless;
    if (firstLine !== undefined && !foreign)
      throw new HistoryError(firstLine, 'value.lease', 'expected a string, got nothing');
    return unmatched === 0
      ? this.#ignored
      : new Map([...this.#ignored, ['releases by a process that held nothing', unmatched]]);
  }

  build(info: HistoryInfo): LockHistory {
    const ignored = this.#ignoredOf(info);
    for (const early of this.#early) {
      const lease = this.#leases.get(early.lease);
      if (lease !== undefined) applyRelease(lease, early.key, early.failed, early.release, early.line);
    }
    for (const [id, renewals] of this.#renewals) {
      const lease = this.#leases.get(id);
      if (lease !== undefined) applyRenewals(lease, renewals);
    }
    for (const [id, lost] of this.#lost) {
      const lease = this.#leases.get(id);
      if (lease !== undefined) lease.lost = lost;
    }
    for (const [id, saidHeld] of this.#saidHeld) {
      const lease = this.#leases.get(id);
      if (lease !== undefined) lease.saidHeld = saidHeld;
    }
    const { header } = info;
    const stalls = this.#stalls.map(({ process, ...stall }) => ({ ...stall, worker: workerOf(header, process) }));
    return {
      info,
      leases: this.#leases,
      byKey: this.#byKey,
      uses: this.#uses,
      operations: this.#operations,
      notices: this.#notices,
      faults: new WorkerFaults(header, faultWindows(this.#phases), stalls, this.#firstSeen, this.#slowWires),
      ignored,
    };
  }
}
