/** What a lock in a process of its own says of its leases beside the contract: moments by its own clock, on ours. */
import type { ConnectedLock, Lease } from 'holdfast-locks';

/** Moments are nanoseconds of `monotonicNs`. */
export interface GrantStamps {
  /** When the call into the library began and had returned. */
  readonly asked: bigint;
  readonly answered: bigint;
  /** The earliest that it can be; `documented`: the library names a length only; `undefined`: none. */
  readonly deadline: bigint | 'documented' | undefined;
  /** As long as the lease is by what the grant says. */
  readonly leaseMs: number | undefined;
}

/** Marks what is ours: a user's own lease may have fields of any name. */
export const stamped: unique symbol = Symbol('stamped');

export interface StampedLease extends Lease {
  readonly [stamped]: true;
  readonly grant: GrantStamps;
  /** When the last extension had returned, and when the library told of the loss. */
  readonly renewedAt: bigint | undefined;
  readonly lostAt: bigint | undefined;
  /**
   * Asks the library whether it still holds the lease.
   * @returns when it was asked, at the earliest; `undefined` when it cannot be asked or did not answer
   */
  stillHeld(): Promise<{ readonly held: boolean; readonly asked: bigint } | undefined>;
  /** Whether its process has stood still, or was not heard of, at any moment since. */
  stalledSince(moment: bigint): boolean;
}

export const isStamped = (lease: Lease): lease is StampedLease => stamped in lease;

/** How a subject has ended that nobody had told to. */
export interface SubjectEnd {
  /** `exit`: by its own doing; `contract`: it said what the protocol does not allow; `outside`: by nothing of the lock's. */
  readonly kind: 'exit' | 'contract' | 'outside';
  readonly message: string;
  /** The last moment of which it has told, on our clock: it lived then. */
  readonly lastStamp: bigint;
}

/** When the library refused what it was asked for: of the errors that say so. */
export const refusedAt = new WeakMap<Error, Pick<GrantStamps, 'asked' | 'answered'>>();

export const subject: unique symbol = Symbol('subject');

export interface ConnectedSubject extends ConnectedLock {
  readonly [subject]: {
    /** Settles when it ends by itself. */
    readonly ended: Promise<SubjectEnd>;
    /** Whether all leases of the process have one owner. */
    readonly ownedByProcess: boolean;
    /** As it says of itself. */
    readonly library: { readonly language?: string | undefined; readonly version?: string | undefined };
    /** What the pipe has added to each call since it was last asked, in microseconds; of many calls the last. */
    takePipeUs(): number[];
    /** Calls back when it was not heard of for so long. */
    onStall(listener: (ms: number) => void): void;
  };
}

export const isSubject = (connected: ConnectedLock): connected is ConnectedSubject => subject in connected;
