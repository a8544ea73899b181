/** One ZooKeeper session: commands that always end, and a watchdog over its connection. */
import type { Clock } from '../lease/clock.ts';
import { LockBackendError, LockOutcomeUnknownError } from '../lock.ts';
import { errorOf } from './client.ts';
import type { ConnectionInternals, ZookeeperClient } from './client.ts';

export type Done<T> = (error: object | null, value: T) => void;

/** The watchdog looks this often per session timeout, and gives a connection up after so many looks in silence. */
const LOOKS_PER_TIMEOUT = 9;
const SILENT_LOOKS = 3;

export interface SessionEvents {
  /** The connection can be used, for the first time or again. */
  readonly connected: () => void;
  /** The server has ended the session, and with it all of its nodes; or it will not serve this user. */
  readonly ended: (session: Session, why: string) => void;
}

/**
 * The client itself never takes a silent connection for dead, and leaves unanswered what was queued while it was
 * disconnected. So nothing is sent but on a connection; a connection that owes an answer and is silent for a third of the
 * session timeout is given up, and the client goes to the next server; and when the session ends, everything ends.
 */
export class Session {
  readonly client: ZookeeperClient & ConnectionInternals;
  readonly #clock: Clock;
  readonly #events: SessionEvents;
  readonly #pending = new Set<(error: Error) => void>();
  #state: 'connecting' | 'connected' | 'ended' = 'connecting';
  #seen: { readonly socket: unknown; readonly bytesRead: number } | undefined;
  #silentLooks = 0;
  /** After the end: the client may have been about to connect. */
  #looksLeft = LOOKS_PER_TIMEOUT;

  constructor(client: ZookeeperClient, clock: Clock, events: SessionEvents) {
    this.client = client;
    this.#clock = clock;
    this.#events = events;
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
    return new Promise<T>((resolve, reject) => {
      this.#pending.add(reject);
      send(this.client, (error, value) => {
        this.#pending.delete(reject);
        // Also `undefined`, whatever its types say.
        if (error instanceof Error) reject(errorOf(error));
        else resolve(value);
      });
    });
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
      this.#events.connected();
    } else if (name === 'DISCONNECTED') {
      this.#state = 'connecting';
    } else if (name === 'EXPIRED' || name === 'AUTH_FAILED') {
      const why =
        name === 'EXPIRED' ? 'the session has expired' : 'ZooKeeper refuses the authentication of this client';
      this.client.connectionManager?.socket?.destroy();
      this.#end(why);
      this.#events.ended(this, why);
    }
  }

  #end(why: string): void {
    this.#state = 'ended';
    for (const reject of this.#pending) reject(new LockOutcomeUnknownError(`ZooKeeper did not answer: ${why}`));
    this.#pending.clear();
  }

  /** Counts looks, not milliseconds: a process that was stopped finds one late look, and its answers behind it. */
  #watch(): void {
    this.#clock.setTimer(() => {
      this.#look();
      if (this.ended) this.#looksLeft -= 1;
      if (this.#looksLeft > 0) this.#watch();
    }, this.timeoutMs / LOOKS_PER_TIMEOUT);
  }

  #look(): void {
    const socket = this.client.connectionManager?.socket;
    const bytesRead = socket?.bytesRead ?? 0;
    const heard = socket !== this.#seen?.socket || bytesRead !== this.#seen?.bytesRead;
    const owesNothing = this.connected && this.#pending.size === 0;
    this.#seen = { socket, bytesRead };
    this.#silentLooks = heard || owesNothing ? 0 : this.#silentLooks + 1;
    if (this.#silentLooks >= SILENT_LOOKS) socket?.destroy();
  }
}
