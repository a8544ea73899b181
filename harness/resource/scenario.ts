/** What a scenario is given: one client of the lock, whose every step is recorded. */
import type { Lease } from 'holdfast-locks';
import type { Seen } from './protocol.ts';

/** A lease under which the resource is used; each use records what the lock says of the lease at that moment. */
export interface LeaseInUse {
  readonly lease: Lease;
  /** The signal has aborted. Users obey this; they do not poll the remaining time before every write. */
  readonly lost: boolean;
  read(): Promise<Seen>;
  write(from: Seen): Promise<Seen>;
  /** Works for the next hold time of the plan, or until the lease is lost. */
  work(): Promise<void>;
}

export interface Scenario {
  readonly name: string;
  readonly summary: string;
  /** What is done under one lease; acquire and release are around it. */
  cycle(use: LeaseInUse): Promise<void>;
}
