/**
 * The lock contract: what every lock under test fulfils, and the errors it may answer with.
 *
 * Two answers are never mixed up: *busy* (somebody else holds the lock: `tryAcquire` answers `null`, `acquire` waits)
 * and *trouble* (the backend cannot be asked: a `LockError`).
 */
import type { Claims, Property, Hazard } from './claims.ts';

/** Shared leases of one key may overlap each other; an exclusive one overlaps nothing. */
export type Mode = 'exclusive' | 'shared';

export interface TryAcquireOptions {
  /** Gives the attempt up; what it may have taken is undone in the background. */
  readonly signal?: AbortSignal;
  /** Length of the lease in milliseconds. Ignored by locks without a deadline. */
  readonly leaseMs?: number;
  readonly mode?: Mode;
  /** Whose lease this is, for reentrant locks: the same owner is granted again at once. */
  readonly owner?: string;
  /** Extend the lease in the background until it is released. Default true. */
  readonly renew?: boolean;
}

export interface AcquireOptions extends TryAcquireOptions {
  /** How long to wait for the grant, in milliseconds; then `LockTimeoutError`. Default: the lock's own setting. */
  readonly timeoutMs?: number;
}

/**
 * What became of a lease: `released`, the lock was still in force and this call ended it; `done`, it is over, and the
 * library does not say whether this call ended it; `lost`, it had ended before; `unknown`, the backend did not say (the
 * lease ends by its deadline at the latest).
 */
export type ReleaseOutcome = 'released' | 'done' | 'lost' | 'unknown';

/** One successful acquisition. */
export interface Lease extends AsyncDisposable {
  readonly key: string;
  /** Unique owner id of this acquisition, at least 128 random bits. */
  readonly token: string;
  /** Strictly increasing per key, if the lock issues such numbers. */
  readonly fencingToken: bigint | undefined;
  /** Deadline on the time line of `performance.now()` in milliseconds; `undefined` where the lock has none. */
  readonly expiresAt: number | undefined;
  /** Aborts with a `LeaseLostError` when the lease is lost or its deadline passes, whichever is first. */
  readonly signal: AbortSignal;
  /** Milliseconds until `expiresAt`, at least 0; `Infinity` where there is no deadline. */
  remainingMs(): number;
  /**
   * Extends the lease by its full length.
   * @throws LeaseLostError when it is no longer held; LockBackendError or LockOutcomeUnknownError when nobody knows.
   */
  renew(): Promise<void>;
  /** Calls `listener` after every extension with the new `expiresAt`; returns the function that stops it. */
  onRenewed(listener: (expiresAt: number) => void): () => void;
  /** Idempotent; never rejects. */
  release(): Promise<ReleaseOutcome>;
}

/** What the backend knows about a key. Advisory: it may be out of date when it arrives. */
export interface Inspection {
  readonly key: string;
  readonly held: boolean;
  readonly token?: string;
  readonly fencingToken?: bigint;
  readonly remainingMs?: number;
  readonly waiters?: number;
}

export interface Health {
  readonly ok: boolean;
  /** Round trip of the probe in milliseconds. */
  readonly latencyMs: number;
  readonly detail?: string;
}

export interface Lock {
  /**
   * @throws LockTimeoutError, LockAbortedError, InvalidKeyError, LockBackendError, LockOutcomeUnknownError
   */
  acquire(key: string, options?: AcquireOptions): Promise<Lease>;
  /**
   * One attempt, no waiting: `null` means busy.
   * @throws LockAbortedError, InvalidKeyError, LockBackendError, LockOutcomeUnknownError
   */
  tryAcquire(key: string, options?: TryAcquireOptions): Promise<Lease | null>;
  /** Runs `routine` under a lease and releases it. The routine's own error wins over any of the release. */
  using<T>(key: string, options: AcquireOptions, routine: (lease: Lease) => Promise<T>): Promise<T>;
  inspect(key: string): Promise<Inspection>;
  health(): Promise<Health>;
}

/** Where a backend's server is reached. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: boolean;
}

export interface ConnectContext {
  readonly endpoints: readonly Endpoint[];
  /** `host:port` as a server announces it → where this client reaches it (for clients that discover addresses). */
  readonly natMap: Readonly<Record<string, Endpoint>>;
  /** Every name that the lock writes on the backend begins with this. The keys that it is asked for have it on already. */
  readonly prefix: string;
  /** Shared by all clients of one run: for locks that live in files. */
  readonly folder: string;
  /** The module's own options, as JSON. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Which of the run's processes this is; absent outside of one. */
  readonly worker?: number;
  readonly signal: AbortSignal;
}

export interface ConnectedLock {
  readonly lock: Lock;
  /** Ends clients and background work; afterwards no handle keeps the process alive. */
  close(): Promise<void>;
}

/** `files`: whatever lies in the folder that is shared by all clients; `memory`: nothing outside of the process. */
export const BACKENDS = [
  'redis',
  'postgres',
  'mariadb',
  'mysql',
  'sqlite',
  'zookeeper',
  'etcd',
  'consul',
  'files',
  'memory',
] as const;
export type Backend = (typeof BACKENDS)[number];

export const TOPOLOGIES = [
  'single',
  '5 independent nodes',
  'primary and replica',
  'primary and synchronous replica',
  'sentinel',
  'cluster',
  '3-node quorum',
] as const;
export type Topology = (typeof TOPOLOGIES)[number];

/** What a specimen in `broken/` does wrong, and what the harness must report. */
export interface Specimen {
  readonly mistake: string;
  /** Where the mistake was seen: a document, a paper, an issue thread. */
  readonly source: string;
  readonly shows: readonly { readonly property: Property; readonly hazards: readonly Hazard[] }[];
}

/** To give up a wait by its signal, to extend a lease on demand, and to do so by itself. */
export const ABILITIES = ['abort', 'extend', 'renew'] as const;
export type Ability = (typeof ABILITIES)[number];

/** A lock as the harness loads it: from the catalogue, or by `--impl PATH`. */
export interface LockModule {
  readonly name: string;
  /** One sentence for `holdfast list`. */
  readonly summary: string;
  readonly backend: Backend;
  /** The first is the default. */
  readonly topologies: readonly [Topology, ...Topology[]];
  readonly claims: Claims;
  /** How long after the deadline of a crashed holder, all faults healed, the next grant may take, in milliseconds. */
  readonly recoverMs: number;
  /**
   * How long whoever waits may take, in milliseconds, to be granted a lock that was released: the longest time between two
   * attempts of a waiter that nothing wakes, and the attempt. Default: `recoverMs`.
   */
  readonly handoverMs?: number;
  /** How much longer than its `timeoutMs` an acquire may take, in milliseconds: its last command. Default 2000. */
  readonly settleMs?: number;
  /** The shortest lease in milliseconds that it grants; plans ask for no less. Default: no bound. */
  readonly leastLeaseMs?: number;
  /** How many leases one connected lock can hold at once, where each takes something scarce. Default: no bound. */
  readonly leasesAtOnce?: number;
  /**
   * Of locks that claim fairness, reentrancy or sharing: how often one wait may be bypassed (default 0), and what is
   * allowed for handing over, in milliseconds (default 300).
   */
  readonly turns?: { readonly bypass?: number; readonly allowanceMs?: number };
  /** What of the contract its library cannot do; what needs it is not applicable. Default: nothing. */
  readonly lacks?: readonly Ability[];
  /** Whether waiters only poll, because nothing in the backend could wake them. Default false. */
  readonly polls?: boolean;
  /** What plans ask of it unless the user says, where its promises show only so: clients of one process, longest hold. */
  readonly load?: { readonly clientsPerWorker?: number; readonly holdMs?: number };
  /** Round trips to the backend of one uncontended acquire and release together. */
  readonly roundTrips?: number;
  readonly specimen?: Specimen;
  /** Why the simulation cannot carry it, where only its author can know. */
  readonly notSimulable?: string;
  connect(context: ConnectContext): Promise<ConnectedLock>;
}

/**
 * `definite`: certainly nothing was taken and nothing will be. `unknown`: the request may have been carried out, or may
 * still be; it is being undone in the background where that is possible.
 */
export type Outcome = 'definite' | 'unknown';

/** Marks errors of this contract, so that copies of the package recognise each other's. */
export const lockErrorBrand: unique symbol = Symbol.for('holdfast.lock-error');

export abstract class LockError extends Error {
  readonly [lockErrorBrand] = true;
  /** Stable, for programs. */
  abstract readonly code: string;
  readonly outcome: Outcome;

  constructor(message: string, outcome: Outcome, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.outcome = outcome;
  }
}

export function isLockError(error: unknown): error is LockError {
  return error instanceof Error && lockErrorBrand in error;
}

/** The lock was not granted within `timeoutMs`. */
export class LockTimeoutError extends LockError {
  readonly code = 'LOCK_TIMEOUT';
}

/** The caller's signal aborted. */
export class LockAbortedError extends LockError {
  readonly code = 'LOCK_ABORTED';
}

/** The backend refused or could not be reached before anything was sent. */
export class LockBackendError extends LockError {
  readonly code = 'LOCK_BACKEND_UNAVAILABLE';
}

/** A request was sent and its answer is missing. */
export class LockOutcomeUnknownError extends LockError {
  readonly code = 'LOCK_OUTCOME_UNKNOWN';

  constructor(message: string, options?: ErrorOptions) {
    super(message, 'unknown', options);
  }
}

/** The key cannot be used with this lock. */
export class InvalidKeyError extends LockError {
  readonly code = 'LOCK_INVALID_KEY';

  constructor(message: string, options?: ErrorOptions) {
    super(message, 'definite', options);
  }
}

/** A caller acted on a lease, or on a key, that is another's. */
export class LockNotOwnedError extends LockError {
  readonly code = 'LOCK_NOT_OWNED';

  constructor(message: string, options?: ErrorOptions) {
    super(message, 'definite', options);
  }
}

/** Its owner holds a shared lease and asks for an exclusive one, for which it would wait for itself. */
export class LockUpgradeError extends LockError {
  readonly code = 'LOCK_UPGRADE';

  constructor(message: string, options?: ErrorOptions) {
    super(message, 'definite', options);
  }
}

/** Why a lease ended before its release. */
export type LossReason = 'deadline' | 'mismatch' | 'connection';

/** The lease is no longer held; the reason of every lease's `signal`. */
export class LeaseLostError extends LockError {
  readonly code = 'LEASE_LOST';
  readonly reason: LossReason;

  constructor(message: string, reason: LossReason, options?: ErrorOptions) {
    super(message, 'definite', options);
    this.reason = reason;
  }
}
