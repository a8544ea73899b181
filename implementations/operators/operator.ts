/**
 * What an operator can see and do from outside of the processes that use a lock: who holds what, taking it away from a
 * holder that is stuck, and removing what is kept for nobody.
 *
 * Tokens never leave an operator: whoever has one could release the lease. A holder is called by a short hash of its own.
 */
import { createHash } from 'node:crypto';
import type { Mode } from '../lock.ts';

export interface Operator {
  /** Keys that somebody holds or queues for, at most `limit` of them, in no particular order. */
  list(limit: number): Promise<Listing>;
  /** One sight for each kind of lock that has something to say of the key; none if nobody holds it nor waits. */
  inspect(key: string): Promise<KeySight[]>;
  /** What has been kept for nobody for at least `ageMs`, at most `limit`. */
  leftovers(ageMs: number, limit: number): Promise<Leftover[]>;
  /** What of its keeping has no age, or needs no sweeping, in a sentence. */
  readonly sweeping: string;
  close(): Promise<void>;
}

export interface Listing {
  readonly keys: readonly KeySight[];
  /** There were more than the limit. */
  readonly more: boolean;
  /** What cannot be listed here, in a sentence. */
  readonly unlisted?: string;
}

/** A key as it was at one moment. */
export interface KeySight {
  /** Without the prefix. Of a row whose name was too long for it, the name of the row. */
  readonly key: string;
  /** Which kind of lock it is on this server: `redis`, `sql-table` … */
  readonly lock: string;
  readonly holders: readonly HolderSight[];
  /** How many queue; `undefined` where waiters are not known to the server, because they poll or only listen. */
  readonly waiting?: number;
}

export interface HolderSight {
  /** The same for the same grant, another for every other; tells nothing of the token. */
  readonly id: string;
  readonly mode: Mode;
  readonly fencingToken?: bigint;
  /** For how long it has held it, or, where it had to queue, since it asked; `undefined` where the server does not know. */
  readonly heldForMs?: number;
  /** Until its lease runs out unless it is renewed; `undefined` where there is no lease, or its end is not known. */
  readonly remainingMs?: number;
  /** How coarse `remainingMs` is. Default 1. */
  readonly remainingStepMs?: number;
  /** Whose connection it is, where the server knows. */
  readonly detail?: string;
  readonly force: ForceRelease;
}

/** `refused`: the server cannot compare the holder and free the lock in one step, so that another could be hit. */
export type ForceRelease =
  { readonly kind: 'conditional'; run(): Promise<Freed> } | { readonly kind: 'refused'; readonly reason: string };

/**
 * `freed`: this very holder had it until now. A resource that refuses lower fencing tokens than `fence` shuts that holder
 * out, and nobody who is granted the lock later; `undefined` where the lock issues none. `changed`: it had lost or released
 * it meanwhile, and nothing was done.
 */
export type Freed = { readonly kind: 'freed'; readonly fence?: bigint } | { readonly kind: 'changed' };

export interface Leftover {
  readonly name: string;
  readonly what: string;
  readonly ageMs: number;
  /** @returns false if somebody has come to use it meanwhile */
  remove(): Promise<boolean>;
}

const ID_DIGITS = 12;

/** A name for a grant, which no one can turn back into its token: 48 bits of the hash of 128 random ones. */
export function holderId(...secrets: readonly string[]): string {
  return createHash('sha256').update(secrets.join('|')).digest('hex').slice(0, ID_DIGITS);
}
