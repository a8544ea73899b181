/** Wake-ups by Redis's publish and subscribe. Messages are lost with the connection, so they are only hints. */
import type { WakeUps } from '../lease/backend.ts';
import type { Clock, Timer } from '../lease/clock.ts';
import type { RedisClient } from './connections.ts';

/** With what was said, unless it only is that the subscription has taken effect. */
type Hint = (message?: string) => void;

/** The subscriptions of one client, shared by all locks that use it. */
export class Channels {
  static readonly #ofClients = new WeakMap<RedisClient, Channels>();

  static of(client: RedisClient): Channels {
    let channels = this.#ofClients.get(client);
    if (channels === undefined) {
      channels = new Channels(client);
      this.#ofClients.set(client, channels);
    }
    return channels;
  }

  readonly #client: RedisClient;
  readonly #hints = new Map<string, Set<Hint>>();

  private constructor(client: RedisClient) {
    this.#client = client;
    client.on('message', (channel: string, message: string) => this.#announce(channel, message));
    // What was published while the connection was down is gone.
    client.on('ready', () => void this.#subscribe([...this.#hints.keys()]));
  }

  /** Calls `hint` on each message, and whenever the subscription has taken effect. Returns the function that ends it. */
  subscribe(channel: string, hint: Hint): () => void {
    const present = this.#hints.get(channel);
    const hints = present ?? new Set();
    hints.add(hint);
    if (present === undefined) {
      this.#hints.set(channel, hints);
      void this.#subscribe([channel]);
    }
    return () => {
      if (!hints.delete(hint) || hints.size > 0) return;
      this.#hints.delete(channel);
      if (this.#client.status !== 'end') this.#client.unsubscribe(channel).catch(ignore);
    };
  }

  async #subscribe(channels: string[]): Promise<void> {
    if (channels.length === 0 || this.#client.status === 'end') return;
    try {
      await this.#client.subscribe(...channels);
    } catch {
      // Without wake-ups, waiters poll; the next connection subscribes again.
      return;
    }
    for (const channel of channels) this.#announce(channel);
  }

  #announce(channel: string, message?: string): void {
    for (const hint of this.#hints.get(channel) ?? []) hint(message);
  }
}

/** A connection that is gone has no subscriptions. */
function ignore(): void {}

/** Within so many milliseconds after the first message, waiters of different processes are spread at random. */
export const SCATTER_MS = 8;

/**
 * Wake-ups for a lock on several nodes: a release is announced on each of them, one after the other. The messages count
 * as one hint, given a random moment later, so that the waiters of all processes do not split the vote.
 */
export function scatteredWakeUps(
  subscribers: readonly RedisClient[],
  channelOf: (key: string) => string,
  clock: Clock,
  random: () => number,
): WakeUps {
  return {
    subscribe(key, hint) {
      let pending: Timer | undefined;
      const announce = (): void => {
        pending ??= clock.setTimer(() => {
          pending = undefined;
          hint();
        }, random() * SCATTER_MS);
      };
      const ends = subscribers.map((subscriber) => Channels.of(subscriber).subscribe(channelOf(key), announce));
      return () => {
        for (const end of ends) end();
        pending?.close();
      };
    },
  };
}
