/**
 * Published locks behind the contract. An adapter adds nothing to what the library promises and takes nothing away: the
 * deadline is the one that the library states, the signal is the library's own word.
 */
import { Redis } from 'ioredis';
import { checkKey } from '../key.ts';
import { LeaseLostError, LockAbortedError, LockBackendError } from '../lock.ts';
import type {
  AcquireOptions,
  ConnectContext,
  ConnectedLock,
  Health,
  Inspection,
  Lease,
  Lock,
  Outcome,
  ReleaseOutcome,
  TryAcquireOptions,
} from '../lock.ts';
import { usingLease } from '../using.ts';

/** What a library gives for one acquisition. */
export interface Held {
  readonly token: string;
  /** On the time line of `performance.now()`; `undefined` where the library names no end. */
  readonly expiresAt: number | undefined;
  /** Aborts when the library says that the lock is lost; for one that never does, it never aborts by itself. */
  readonly lost: AbortSignal;
  readonly release: () => Promise<ReleaseOutcome>;
  /** Where the library can extend on demand; the new end. */
  readonly extend?: () => Promise<number | undefined>;
}

export interface Asked {
  readonly key: string;
  readonly leaseMs: number;
  /** 0 for one attempt. */
  readonly timeoutMs: number;
  /** Whether the lock shall be kept alive until it is released. */
  readonly renew: boolean;
}

/** One published lock. */
export interface Library {
  /** `null` when it was not granted in time. Rejects with what the library rejects with. */
  take(asked: Asked): Promise<Held | null>;
}

/** What the library works on, asked beside it. */
export interface Servers {
  holds(key: string): Promise<boolean>;
  /** One for each; more than half must answer. */
  pings(): readonly Promise<unknown>[];
}

const DEFAULT_LEASE_MS = 10_000;
const DEFAULT_TIMEOUT_MS = 10_000;

export class AdaptedLock implements Lock {
  readonly #library: Library;
  readonly #servers: Servers;

  constructor(library: Library, servers: Servers) {
    this.#library = library;
    this.#servers = servers;
  }

  async acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    const lease = await this.#take(key, options.timeoutMs ?? DEFAULT_TIMEOUT_MS, options);
    if (lease !== null) return lease;
    // These libraries undo in the background what a failed attempt may have left.
    throw new LockBackendError(`${JSON.stringify(key)} was not granted`, 'unknown');
  }

  tryAcquire(key: string, options: TryAcquireOptions = {}): Promise<Lease | null> {
    return this.#take(key, 0, options);
  }

  using<T>(key: string, options: AcquireOptions, routine: (lease: Lease) => Promise<T>): Promise<T> {
    return usingLease(this, key, options, routine);
  }

  async inspect(key: string): Promise<Inspection> {
    checkKey(key);
    return { key, held: await this.#servers.holds(key) };
  }

  async health(): Promise<Health> {
    const began = performance.now();
    const answers = await Promise.allSettled(this.#servers.pings());
    const ok = answers.filter(({ status }) => status === 'fulfilled').length > answers.length / 2;
    return { ok, latencyMs: performance.now() - began };
  }

  async #take(key: string, timeoutMs: number, options: TryAcquireOptions): Promise<Lease | null> {
    checkKey(key);
    const { signal, leaseMs = DEFAULT_LEASE_MS, renew = true } = options;
    if (hasAborted(signal)) throw aborted(key, 'definite', signal);
    let held: Held | null;
    try {
      held = await this.#library.take({ key, leaseMs, timeoutMs, renew });
    } catch (cause) {
      throw new LockBackendError(`${JSON.stringify(key)}: ${String(cause)}`, 'unknown', { cause });
    }
    if (held === null) return null;
    if (!hasAborted(signal)) return new AdaptedLease(key, held);
    await held.release();
    throw aborted(key, 'unknown', signal);
  }
}

/** Asked anew each time: what was not so before a wait may be so after it. */
const hasAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

function aborted(key: string, outcome: Outcome, signal: AbortSignal | undefined): LockAbortedError {
  return new LockAbortedError(`waiting for ${JSON.stringify(key)} was aborted`, outcome, { cause: signal?.reason });
}

class AdaptedLease implements Lease {
  readonly key: string;
  readonly token: string;
  readonly fencingToken = undefined;
  readonly #held: Held;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<(expiresAt: number) => void>();
  #expiresAt: number | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #release: Promise<ReleaseOutcome> | undefined;

  constructor(key: string, held: Held) {
    this.key = key;
    this.token = held.token;
    this.#held = held;
    this.#expiresAt = held.expiresAt;
    if (held.lost.aborted) this.#lose('mismatch');
    else held.lost.addEventListener('abort', () => this.#lose('mismatch'), { once: true });
    this.#arm();
  }

  get expiresAt(): number | undefined {
    return this.#expiresAt;
  }

  /** The deadline is the library's; that it is looked at here is all that is added. */
  get signal(): AbortSignal {
    if (this.remainingMs() === 0) this.#lose('deadline');
    return this.#controller.signal;
  }

  remainingMs(): number {
    return this.#expiresAt === undefined ? Infinity : Math.max(0, this.#expiresAt - performance.now());
  }

  async renew(): Promise<void> {
    if (this.#held.extend === undefined) throw new LockBackendError('this library cannot extend on demand', 'definite');
    this.#expiresAt = await this.#held.extend();
    this.#arm();
    for (const listener of this.#listeners) if (this.#expiresAt !== undefined) listener(this.#expiresAt);
  }

  onRenewed(listener: (expiresAt: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  release(): Promise<ReleaseOutcome> {
    clearTimeout(this.#deadline);
    this.#release ??= this.#held.release().catch((): ReleaseOutcome => 'unknown');
    return this.#release;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  #arm(): void {
    clearTimeout(this.#deadline);
    if (this.#expiresAt === undefined) return;
    this.#deadline = setTimeout(() => {
      if (this.remainingMs() === 0) this.#lose('deadline');
      else this.#arm();
    }, Math.ceil(this.remainingMs()));
    this.#deadline.unref();
  }

  #lose(reason: 'deadline' | 'mismatch'): void {
    if (this.#release !== undefined || this.#controller.signal.aborted) return;
    clearTimeout(this.#deadline);
    this.#controller.abort(new LeaseLostError(`lease on ${JSON.stringify(this.key)} is lost`, reason));
  }
}

/** Connects as the libraries' own examples do, but again within 100 ms, and with a listener for errors. */
export async function connectAdapted(
  { endpoints, prefix }: ConnectContext,
  make: (clients: readonly Redis[]) => Library,
  options: { readonly keyPrefix?: boolean } = {},
): Promise<ConnectedLock> {
  const clients = endpoints.map(({ host, port, username, password, tls }) => {
    const client = new Redis({
      ...{ host, port, disableClientInfo: true, retryStrategy: (times: number) => Math.min(100, 20 * times) },
      username,
      password,
      ...(tls === true ? { tls: {} } : {}),
      ...(options.keyPrefix === true ? { keyPrefix: prefix } : {}),
    });
    // The commands that fail say so.
    client.on('error', () => undefined);
    return client;
  });
  await Promise.all(
    clients.map((client) => new Promise<void>((resolve) => void client.once('ready', () => resolve()))),
  );
  return {
    lock: new AdaptedLock(make(clients), onRedis(clients)),
    close: async () => {
      for (const client of clients) client.disconnect();
    },
  };
}

const onRedis = (clients: readonly Redis[]): Servers => ({
  holds: async (key) => (await clients[0]?.exists(key)) === 1,
  pings: () => clients.map((client) => client.ping()),
});
