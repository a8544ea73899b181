/** Wake-ups by Redis's publish and subscribe. Messages are lost with the connection, so they are only hints. */
import type { WakeUps } from '../lease/backend.ts';
import type { Clock, Timer } from '../lease/clock.ts';
import { checkSubscriber } from './client.ts';
import type { RedisClient } from './client.ts';

/** With what was said, unless it only is that the subscription has taken effect. */
type Hint = (message?: string) => void;

/** The subscriptions of one client, shared by all locks that use it. */
export class Channels {
  static readonly #ofClients = new WeakMap<RedisClient, Channels>();

  static of(client: RedisClient): Channels {
    let channels = this.#ofClients.get(client);
    if (channels === undefined) {
      checkSubscriber(client);
      channels = new Channels(client);
      this.#ofClients.set(client, channels);
    }
    return channels;
  }

  readonly #client: RedisClient;
  readonly #hints = new Map<string, Set<Hint>>();
  /** Given up, and not yet confirmed: a client that was not connected then would subscribe to them anew, and for ever. */
  readonly #leaving = new Set<string>();

  private constructor(client: RedisClient) {
    this.#client = client;
    client.on('message', (channel: string, message: string) => this.#announce(channel, message));
    // What was published while the connection was down is gone.
    client.on('ready', () => {
      for (const channel of this.#leaving) this.#leave(channel);
      void this.#subscribe([...this.#hints.keys()]);
    });
  }

  /** Calls `hint` on each message, and whenever the subscription has taken effect. Returns the function that ends it. */
  subscribe(channel: string, hint: Hint): () => void {
    const present = this.#hints.get(channel);
    const hints = present ?? new Set();
    hints.add(hint);
    if (present === undefined) {
      this.#hints.set(channel, hints);
      this.#leaving.delete(channel);
      void this.#subscribe([channel]);
    }
    return () => {
      if (!hints.delete(hint) || hints.size > 0) return;
      this.#hints.delete(channel);
      this.#leave(channel);
    };
  }

  /** What the server says when it does not let this client listen; `undefined` also where it cannot be asked now. */
  async refusal(channel: string): Promise<string | undefined> {
    if (this.#client.status !== 'ready') return undefined;
    const refused = await refusalOf(this.#client.subscribe(channel));
    this.#leave(channel);
    return refused;
  }

  #leave(channel: string): void {
    this.#leaving.add(channel);
    if (this.#client.status === 'end') return;
    this.#client.unsubscribe(channel).then(() => {
      this.#leaving.delete(channel);
    }, ignore);
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

/** What the server says when it lets this client not publish, or that subscriber not listen. */
export async function wakeUpRefusal(
  client: RedisClient,
  subscriber: RedisClient,
  channel: string,
): Promise<string | undefined> {
  return (await refusalOf(client.publish(channel, ''))) ?? Channels.of(subscriber).refusal(channel);
}

/** An error reply; what a lost connection says is no refusal. */
async function refusalOf(reply: Promise<unknown>): Promise<string | undefined> {
  try {
    await reply;
    return undefined;
  } catch (error) {
    return error instanceof Error && error.name === 'ReplyError' ? error.message : undefined;
  }
}

/** It is done with the next connection. */
function ignore(): void {}

/** Waiters of different processes are spread at random over so many milliseconds for each other process, and no longer. */
const SCATTER_MS_EACH = 2;
export const SCATTER_MS = 8;

export interface Scattering {
  /** One per node. */
  readonly subscribers: readonly RedisClient[];
  /** So many nodes make a majority. */
  readonly quorum: number;
  readonly channelOf: (key: string) => string;
  /** How many connections listen to a channel; rejects when that cannot be learnt. */
  readonly listeners: (channel: string) => Promise<number>;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * Wake-ups for a lock on several nodes: a release is announced on each of them, one after the other. The messages of a
 * majority count as one hint. A waiter that knows to be the only one takes it at once; others take it a random moment later,
 * so that they do not split the vote.
 */
export function scatteredWakeUps(scattering: Scattering): WakeUps {
  const { subscribers, quorum, channelOf, listeners, clock, random } = scattering;
  return {
    subscribe(key, hint) {
      const channel = channelOf(key);
      let scatterMs = SCATTER_MS;
      const heard = new Set<RedisClient>();
      /** Nodes whose message of the last release is still to come. */
      let late = new Set<RedisClient>();
      let pending: Timer | undefined;
      /** While there is time, for the next hint. */
      const count = (): void => {
        listeners(channel).then(
          (present) => (scatterMs = Math.min(SCATTER_MS, Math.max(0, present - 1) * SCATTER_MS_EACH)),
          () => (scatterMs = SCATTER_MS),
        );
      };
      const wake = (): void => {
        pending?.close();
        pending = undefined;
        late = new Set(subscribers.filter((subscriber) => !heard.has(subscriber)));
        heard.clear();
        count();
        hint();
      };
      const announce = (subscriber: RedisClient): void => {
        if (late.delete(subscriber)) return;
        heard.add(subscriber);
        if (heard.size === quorum && scatterMs === 0) {
          wake();
          return;
        }
        pending ??= clock.setTimer(wake, scatterMs === 0 ? SCATTER_MS : random() * scatterMs);
        pending.unref();
      };
      const ends = subscribers.map((subscriber) =>
        Channels.of(subscriber).subscribe(channel, () => announce(subscriber)),
      );
      return () => {
        for (const end of ends) end();
        pending?.close();
      };
    },
  };
}
