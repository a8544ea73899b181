/** Operations of a scenario, as the resource carried them out: what its judge is given. */
import type { HistoryEvent } from '../history/events.ts';
import { field, numberField, optional, stringField } from './fields.ts';
import type { Sighting } from './leases.ts';

/** One operation that the resource carried out; each names who asked for it. */
export interface CarriedOut<Name extends string = string, Values = Readonly<Record<string, unknown>>> {
  readonly operation: Name;
  /** Its argument and its answer. */
  readonly values: Values;
  /** The name of what it was done to. */
  readonly resource: string;
  /** The lease that it was done under; absent: none. */
  readonly lease?: string;
  /** The number of the client that asked; it stays the same when the client's process is killed and started again. */
  readonly client: number;
  /** The resource's clock: milliseconds since the run began. */
  readonly atMs: number;
  /** Where it stands among those that were carried out, from 0. */
  readonly place: number;
}

/** What a judge found: an invariant of the application that these operations prove to be broken. */
export interface InvariantFinding {
  /** What should have been true, such as `no unit is sold twice`: the same words each time. */
  readonly invariant: string;
  /** How it was broken, in plain words, for people who were not there. */
  readonly summary: string;
  /** The operations that prove it, and those that produced what they had read; nothing that can be left out. */
  readonly operations: readonly CarriedOut<string, object>[];
}

/** @param operations in the order in which the resource carried them out, behind one door */
export type JudgeOperations = (operations: readonly CarriedOut[]) => readonly InvariantFinding[];

/** An operation as it stands in the history, refused ones too. */
export interface RecordedOperation extends Sighting {
  readonly operation: string;
  readonly key: string;
  readonly door: string;
  readonly accepted: boolean;
  readonly lease: string | undefined;
  readonly client: number | undefined;
  readonly fence: bigint | undefined;
  /** Asked for although the lock had told its client that the lease was lost. */
  readonly lost: boolean;
  readonly values: Readonly<Record<string, unknown>>;
}

export function recordedOperation(event: HistoryEvent, key: string, seen: Sighting, line: number): RecordedOperation {
  const {
    lease: _,
    client: __,
    fence,
    door,
    accepted,
    lost,
    ...values
  } = (event.value ?? {}) as Record<string, unknown>;
  return {
    ...{ ...seen, operation: event.f, key, door: String(door), accepted: accepted === true, lost: lost === true },
    lease: optional(stringField, event.value, 'lease', line),
    client: optional(numberField, event.value, 'client', line),
    fence: fence === undefined ? undefined : BigInt(String(field(event.value, 'fence'))),
    values,
  };
}
