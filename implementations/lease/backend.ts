/** What the lease engine asks of a backend. Everything about time, waiting and ambiguity is the engine's own work. */
import type { Inspection, LockError, Mode, ReleaseOutcome } from '../lock.ts';

/** One attempt to be granted a lock. No two attempts share a token, not even those of one call of `acquire`. */
export interface LeaseRequest {
  readonly key: string;
  readonly token: string;
  readonly leaseMs: number;
  readonly mode: Mode;
  readonly owner: string | undefined;
}

/** A request that was granted. */
export interface Grant extends LeaseRequest {
  readonly fencingToken: bigint | undefined;
}

export type Answer =
  | {
      readonly kind: 'granted';
      readonly fencingToken?: bigint;
      /** The moment of the clock from which the lease counts, if not from before the request was sent. */
      readonly countedFrom?: number;
      /** The length of the lease, if the backend cannot give as much as was asked for. */
      readonly leaseMs?: number;
    }
  | {
      readonly kind: 'busy';
      /** When the holder's lease runs out at the latest, if the backend knows. */
      readonly retryAfterMs?: number | undefined;
      /** Some of several nodes did grant it: it must be undone. */
      readonly partial?: boolean;
    }
  /** However long it waits, this request cannot be granted: the error, definite, is the caller's at once. */
  | { readonly kind: 'refused'; readonly error: LockError };

/** Tells waiters that it may be worth asking again. A hint: it may be early, late, doubled or missing. */
export interface WakeUps {
  /**
   * Calls `hint` whenever the key may have become free, and once whenever the subscription has (again) taken effect.
   * Never throws. @returns the function that ends the subscription.
   */
  subscribe(key: string, hint: () => void): () => void;
}

/**
 * Methods reject with a `LockError` that is *definite* only when certainly nothing was and nothing will be carried out;
 * any other rejection leaves the outcome unknown. They need no time limit of their own.
 */
export interface LeaseBackend {
  /** Whether `mode: 'shared'` is understood. */
  readonly shares: boolean;
  readonly wakeUps: WakeUps | undefined;
  /** Idempotent by token: a copy that finds its own token in force gets the same answer again. */
  attempt(request: LeaseRequest): Promise<Answer>;
  /**
   * For backends that keep their waiters in a queue of their own: the same, but stays in the queue until it is the turn of
   * the request, and states `countedFrom`. Answers `busy` soon after `patience` aborts, once its place is given up.
   */
  wait?(request: LeaseRequest, patience: AbortSignal): Promise<Answer>;
  /** Sets the full length anew, from now on, if the token is still in force. Never re-creates what has vanished. */
  extend(grant: Grant): Promise<'extended' | 'lost'>;
  /** Deletes by token. `released` only if the very grant that is named here was still in force. */
  free(grant: Grant): Promise<ReleaseOutcome>;
  /**
   * For backends whose requests wait for a connection of a pool: keeps one that still waits from being sent at all.
   * @returns whether it did, so that there is nothing to undo
   */
  withdraw?(request: LeaseRequest): boolean;
  /** Removes whatever the request may have taken, also where it never arrived. */
  undo(request: LeaseRequest): Promise<void>;
  /**
   * Takes back what the backend noted of a waiter, where it notes anything: `request`, answered "busy", was the last
   * attempt of one who has given up. Missing this must do no harm that time does not heal.
   */
  leave?(request: LeaseRequest): Promise<void>;
  inspect(key: string): Promise<Inspection>;
  /** Resolves when the backend can serve; with a word on its state, if there is one to say. */
  probe(): Promise<string | undefined>;
}
