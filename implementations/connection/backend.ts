/**
 * What the engine of connection-held locks asks of a backend: locks that a server keeps for a connection, without a
 * deadline, and frees when the connection ends.
 */
import type { Inspection } from '../lock.ts';

/** A connection of its own, for one attempt and the lease that may come of it. What it is asked, it asks in that order. */
export interface Holder {
  /**
   * Asks for the lock of `key`, waiting at the server for up to `waitMs`, with 0 not at all.
   * @returns the grant, or `undefined` for "busy", after which nothing is held and nothing waits.
   */
  lock(key: string, waitMs: number): Promise<HeldGrant | undefined>;
  /** `lost` when the server says that it was not held any more. */
  unlock(): Promise<'released' | 'lost'>;
  /** Resolves when the server has answered on this connection. */
  ping(): Promise<void>;
  /** Calls `listener`, at most once, when the connection has ended by itself. */
  onEnd(listener: () => void): void;
  /** Gives the connection back for other uses. Nothing is held on it. */
  giveBack(): void;
  /**
   * Ends the connection, and so whatever is held or waited for on it. Idempotent; never rejects.
   * @returns when the server has been told, where it would not notice by itself; that may take for ever.
   */
  end(): Promise<void>;
}

export interface HeldGrant {
  readonly fencingToken?: bigint;
}

/** Methods reject with a `LockError`, as those of a `LeaseBackend` do. */
export interface HolderBackend {
  open(): Promise<Holder>;
  inspect(key: string): Promise<Inspection>;
  probe(): Promise<string | undefined>;
}
