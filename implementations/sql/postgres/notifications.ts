/** Wake-ups by PostgreSQL's LISTEN and NOTIFY. What is announced while the connection is down is gone: only hints. */
import { systemClock } from '../../lease/clock.ts';
import type { PostgresConnection, PostgresNotification, PostgresPool } from './client.ts';
import { answerOf, giveBack } from './database.ts';

type Hint = () => void;

/** Before a lost connection is replaced. */
const RECONNECT_MS = 50;

/** The waiters of one pool for what is announced on one channel: they share one connection, while there are any. */
export class Notifications {
  static readonly #ofPools = new WeakMap<PostgresPool, Map<string, Notifications>>();

  static of(pool: PostgresPool, channel: string): Notifications {
    const ofPool = this.#ofPools.get(pool) ?? new Map<string, Notifications>();
    this.#ofPools.set(pool, ofPool);
    const notifications = ofPool.get(channel) ?? new Notifications(pool, channel);
    ofPool.set(channel, notifications);
    return notifications;
  }

  readonly #pool: PostgresPool;
  readonly #channel: string;
  readonly #hints = new Map<string, Set<Hint>>();
  /** From the first subscription until the connection has been given back after the last. */
  #running = false;
  #state: 'connecting' | 'listening' | 'lost' = 'connecting';
  /** Ends the wait that is going on. */
  #wake: (() => void) | undefined;

  private constructor(pool: PostgresPool, channel: string) {
    this.#pool = pool;
    this.#channel = channel;
  }

  /** Calls `hint` for each announcement of `name`, and whenever listening has (again) begun. Never throws. */
  subscribe(name: string, hint: Hint): () => void {
    const hints = this.#hints.get(name) ?? new Set();
    this.#hints.set(name, hints);
    hints.add(hint);
    if (!this.#running) void this.#run();
    else if (this.#state === 'listening') queueMicrotask(hint);
    return () => {
      if (!hints.delete(hint) || hints.size > 0) return;
      this.#hints.delete(name);
      if (this.#hints.size === 0) this.#wake?.();
    };
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#hints.size > 0) {
      this.#state = 'connecting';
      await this.#listen();
      if (this.#hints.size > 0) await this.#pause(RECONNECT_MS);
    }
    this.#running = false;
  }

  /** Settles when the connection is lost, could not be had, or is not needed any longer. */
  async #listen(): Promise<void> {
    let client: PostgresConnection;
    try {
      client = await this.#pool.connect();
    } catch {
      // Without wake-ups, waiters poll; the next connection is tried soon.
      return;
    }
    const onLost = (): void => {
      this.#state = 'lost';
      this.#wake?.();
    };
    const onNotification = ({ payload = '' }: PostgresNotification): void => this.#announce(payload);
    client.on('error', onLost);
    client.on('end', onLost);
    client.on('notification', onNotification);
    try {
      await answerOf(client, { text: `LISTEN "${this.#channel}"` });
      this.#state = 'listening';
      for (const name of this.#hints.keys()) this.#announce(name);
      while (this.#isListening() && this.#hints.size > 0) await this.#pause();
      if (this.#isListening()) await answerOf(client, { text: 'UNLISTEN *' });
    } catch {
      // As above.
      this.#state = 'lost';
    }
    client.off('end', onLost);
    client.off('notification', onNotification);
    giveBack(client, !this.#isListening());
    client.off('error', onLost);
  }

  #isListening(): boolean {
    return this.#state === 'listening';
  }

  /** Until the connection ends, there is no subscription left, or some time has passed. */
  #pause(ms = Infinity): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#wake = undefined;
        timer?.close();
        resolve();
      };
      this.#wake = end;
      const timer = ms === Infinity ? undefined : systemClock.setTimer(end, ms);
      timer?.unref();
    });
  }

  #announce(name: string): void {
    for (const hint of this.#hints.get(name) ?? []) hint();
  }
}
