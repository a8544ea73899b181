/** What workers and the resource say to each other: one JSON object a line over TCP, answered in any order. */
import type { Door } from '../history/events.ts';

/** What an operation is given, and what it answers: fields of plain JSON. */
export type Values = Readonly<Record<string, unknown>>;

/** Of each door that opened. */
export type PerDoor<Value> = Readonly<Partial<Record<Door, Value>>>;

/** Who does something to the resource, and under which lease. */
export interface ResourceUse {
  /** The name of what it is done to. */
  readonly key: string;
  /** Absent: done without one. */
  readonly lease?: string;
  /** Of whoever has no lease. */
  readonly client?: number;
  /** The name of the lock; absent: the same as that of the resource. */
  readonly lock?: string;
  /** Decimal fencing token; a lease without one opens the plain door only. */
  readonly fence?: string;
  /** Under a shared lease: it only reads. */
  readonly shared?: boolean;
  /** The lock has told its client that the lease is lost. */
  readonly lost?: boolean;
}

export interface ResourceRequest extends ResourceUse {
  readonly id: number;
  readonly operation: string;
  /** A door without one is left alone. */
  readonly argument: PerDoor<Values>;
}

/** A worker's way to the resource. */
export interface Resource {
  carryOut(use: ResourceUse, operation: string, argument: PerDoor<Values>): Promise<PerDoor<Values>>;
}

/** What each door that accepted it answered. */
export interface ResourceResponse {
  readonly id: number;
  readonly seen: PerDoor<Values>;
}
