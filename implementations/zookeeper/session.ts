/** One ZooKeeper session: commands that always end, and a watchdog over its connection. */
import type { Clock } from '../lease/clock.ts';
import { LockBackendError, LockOutcomeUnknownError } from '../lock.ts';
import { errorOf } from './client.ts';
import type { ConnectionInternals, ZookeeperClient } from './client.ts';
import { SignsOfLife } from './signs-of-life.ts';
import { knownWithinMs, signEveryMs } from './timeouts.ts';

export type Done<T> = (error: object | null, value: T) => void;

/** The watchdog looks with every sign of life, and gives a connection up after so many looks in silence. */
const LONGEST_BETWEEN_LOOKS_MS = 500;
const SILENT_LOOKS = 6;

export interface SessionEvents {
  /** The connection can be used, for the first time or again. */
  readonly connected: () => void;
  readonly ended: (session: Session, how: SessionEnd) => void;
}

/**
 * `expired`: the server says so, and all of its nodes have gone. `abandoned`: nothing has been heard of it for its timeout.
 * `refused`: the server does not accept who the client says it is.
 */
export type SessionEnd = 'expired' | 'abandoned' | 'refused';

/**
 * The client itself never takes a silent connection for dead, and leaves unanswered what was queued while it was
 * disconnected. So nothing is sent but on a connection; one that owes an answer and is silent for two thirds of the session
 * timeout is given up, as by the Java client, and the client goes to the next server; and when the session ends, everything
 * ends. It also counts as ended when no server has taken it back for its timeout: servers that have lost their data refuse a
 * client that has seen more than they have, and do not even tell it that its session is gone.
 */
export class Session {
  readonly client: ZookeeperClient & ConnectionInternals;
  readonly #clock: Clock;
  readonly #events: SessionEvents;
  readonly #pending = new Set<(error: Error) => void>();
  #state: 'connecting' | 'connected' | 'ended' = 'connecting';
  #seen: { readonly socket: unknown; readonly bytesRead: number } | undefined;
  #silentLooks = 0;
  /** When it was last seen to be connected; never, so far, if `undefined`. */
  #connectedAt: number | undefined;
  /** When the present connection asked for the session. */
  #askedAt: number;
  #sentAt = -Infinity;
  #signs = new SignsOfLife(0);

  constructor(client: ZookeeperClient, clock: Clock, events: SessionEvents) {
    this.client = client;
    this.#clock = clock;
    this.#events = events;
    this.#askedAt = clock.now();
    this.#noteConnections();
    client.on('state', ({ name }) => this.#onState(name));
    client.connect();
    this.#watch();
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** In milliseconds. */
  get timeoutMs(): number {
    return this.client.getSessionTimeout();
  }

  /**
   * Sends one command. It ends with its answer or, at the latest, with its connection.
   * @throws TreeError, LockBackendError (definite where nothing was sent), LockOutcomeUnknownError
   */
  run<T>(send: (client: ZookeeperClient, done: Done<T>) => void): Promise<T> {
    if (!this.connected) return Promise.reject(new LockBackendError('there is no connection to ZooKeeper', 'definite'));
    const sentAt = this.#clock.now();
    const signs = this.#signs;
    this.#sentAt = sentAt;
    return new Promise<T>((resolve, reject) => {
      this.#pending.add(reject);
      send(this.client, (error, value) => {
        this.#pending.delete(reject);
        // Also `undefined`, whatever its types say.
        const trouble = error instanceof Error ? errorOf(error) : undefined;
        if (!(trouble instanceof LockOutcomeUnknownError)) {
          const now = this.#clock.now();
          signs.add({ heardAt: sentAt, knownBy: now + knownWithinMs(this.timeoutMs) }, now);
        }
        if (trouble === undefined) resolve(value);
        else reject(trouble);
      });
    });
  }

  /** Whether a write that was sent at `sentAt`, and confirmed, says that the session goes on for `leaseMs` from then. */
  outlasts(sentAt: number, leaseMs: number): boolean {
    return this.#signs.sureAt(sentAt, leaseMs) === sentAt;
  }

  /**
   * Resolves when a write may say so, or when it must first be heard of again, or when `patience` aborts.
   * @throws LockOutcomeUnknownError when it ends meanwhile
   */
  async untilSure(leaseMs: number, patience?: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const at = this.#signs.sureAt(now, leaseMs) ?? now;
    if (at === now) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = this.#clock.setTimer(resolve, at - now);
    const stop = (): void => resolve();
    this.#pending.add(reject);
    patience?.addEventListener('abort', stop);
    try {
      await promise;
    } finally {
      timer.close();
      this.#pending.delete(reject);
      patience?.removeEventListener('abort', stop);
    }
  }

  /**
   * Settles when the connection is gone, or after `withinMs`. `end`: also ends the session at the server, if it can be
   * reached; else what is left of it goes when its timeout has passed.
   */
  async close(withinMs: number, end: boolean): Promise<void> {
    const socket = this.client.connectionManager?.socket;
    const inOrder = end && this.connected;
    this.#end('the lock has been closed');
    if (!inOrder) socket?.destroy();
    this.client.close();
    if (socket === undefined || socket.closed) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(() => socket.destroy(), withinMs);
      socket.once('close', () => {
        timer.close();
        resolve();
      });
    });
  }

  #onState(name: string): void {
    if (name === 'DISCONNECTED' && this.client.connectionManager !== undefined) {
      this.client.connectionManager.pendingBuffer = null;
    }
    if (this.ended) return;
    if (name === 'SYNC_CONNECTED') {
      this.#state = 'connected';
      const now = this.#clock.now();
      this.#connectedAt = now;
      // Whoever is given a session, or given it back, the leader was asked. What an earlier server had heard it may not know.
      this.#signs = new SignsOfLife(this.timeoutMs);
      this.#signs.add({ heardAt: this.#askedAt, knownBy: now }, now);
      this.#events.connected();
    } else if (name === 'DISCONNECTED') {
      this.#state = 'connecting';
    } else if (name === 'EXPIRED' || name === 'AUTH_FAILED') {
      this.#lose(name === 'EXPIRED' ? 'expired' : 'refused');
    }
  }

  #lose(how: SessionEnd): void {
    this.#end(`the session is ${how}`);
    this.client.connectionManager?.socket?.destroy();
    this.client.close();
    this.#events.ended(this, how);
  }

  #end(why: string): void {
    this.#state = 'ended';
    this.#forgoConnections();
    for (const reject of this.#pending) reject(new LockOutcomeUnknownError(`ZooKeeper did not answer: ${why}`));
    this.#pending.clear();
  }

  #noteConnections(): void {
    const { connectionManager } = this.client;
    if (connectionManager === undefined) return;
    const ask = connectionManager.onSocketConnected;
    connectionManager.onSocketConnected = () => {
      this.#askedAt = this.#clock.now();
      ask.call(connectionManager);
    };
  }

  /** A client that is closed while it is about to connect does so all the same, and throws on what the server answers. */
  #forgoConnections(): void {
    const { connectionManager } = this.client;
    if (connectionManager === undefined) return;
    const giveUp = (): void => clearTimeout(connectionManager.connectTimeoutHandler);
    giveUp();
    connectionManager.connectTimeout = 0;
    connectionManager.onSocketConnected = () => {
      giveUp();
      connectionManager.socket?.destroy();
    };
  }

  /** Counts looks, not milliseconds: a process that was stopped finds one late look, and its answers behind it. */
  #watch(): void {
    const look = (): void => {
      if (this.ended) return;
      this.#look();
      this.#watch();
    };
    this.#clock.setTimer(look, Math.min(LONGEST_BETWEEN_LOOKS_MS, signEveryMs(this.timeoutMs))).unref();
  }

  #look(): void {
    const socket = this.client.connectionManager?.socket;
    const bytesRead = socket?.bytesRead ?? 0;
    const heard = socket !== this.#seen?.socket || bytesRead !== this.#seen?.bytesRead;
    const owesNothing = this.connected && this.#pending.size === 0;
    this.#seen = { socket, bytesRead };
    this.#silentLooks = heard || owesNothing ? 0 : this.#silentLooks + 1;
    if (this.#silentLooks >= SILENT_LOOKS) socket?.destroy();
    const now = this.#clock.now();
    if (this.connected) this.#connectedAt = now;
    else if (now - (this.#connectedAt ?? Infinity) > this.timeoutMs) this.#lose('abandoned');
    if (this.connected && now - this.#sentAt >= signEveryMs(this.timeoutMs)) this.#giveSign();
  }

  /** As the client's own pings, which it does not need any more, but with an answer that is known to be one. */
  #giveSign(): void {
    this.run<unknown>((client, done) => client.exists('/', done)).catch(ignore);
  }
}

/** The connection has gone, and that is seen elsewhere. */
function ignore(): void {}
