/** What workers and the resource say to each other: one JSON object a line over TCP, answered in any order. */
import type { Door } from '../history/events.ts';

export interface ResourceUse {
  readonly key: string;
  readonly lease: string;
  /** Decimal fencing token; without one only the plain door opens. */
  readonly fence?: string;
  /** Under a shared lease: it only reads. */
  readonly shared?: boolean;
}

/** Values seen behind each door that opened. */
export type Seen = Readonly<Partial<Record<Door, number>>>;

export type ResourceRequest =
  | (ResourceUse & { readonly id: number; readonly f: 'read' })
  | (ResourceUse & { readonly id: number; readonly f: 'write'; readonly from: Seen });

/** A worker's way to the resource. */
export interface Resource {
  read(use: ResourceUse): Promise<Seen>;
  /** Writes `from + 1` behind each door that showed a value. */
  write(use: ResourceUse, from: Seen): Promise<Seen>;
}

/** Which doors accepted; for a read with what they showed. */
export interface ResourceResponse {
  readonly id: number;
  readonly seen: Seen;
}
