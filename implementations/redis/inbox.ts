/** The address at which one lock object is told of the grants to its waiters: a channel of its own. */
import type { Handover } from '../lease/turn.ts';
import type { RedisClient } from './client.ts';
import { Channels } from './wake-ups.ts';

interface Listener {
  readonly handed: (handover: Handover) => void;
  /** The channel can be heard from now on: what was said before was not. */
  readonly deaf: () => void;
}

export class Inbox {
  readonly address: string;
  readonly #channels: Channels | undefined;
  readonly #waiting = new Map<string, Listener>();
  #unsubscribe: (() => void) | undefined;

  constructor(subscriber: RedisClient | undefined, address: string) {
    this.address = address;
    this.#channels = subscriber === undefined ? undefined : Channels.of(subscriber);
  }

  /** Messages are `token n fence`; what comes for a token that nobody waits for any more is not heard. */
  listen(token: string, listener: Listener): () => void {
    this.#subscribe();
    this.#waiting.set(token, listener);
    return () => this.#waiting.delete(token);
  }

  /** Nobody waits any more. */
  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  /** Once, until it is closed: one channel, however many keys and waiters there are. */
  #subscribe(): void {
    this.#unsubscribe ??= this.#channels?.subscribe(this.address, (message) => {
      if (message === undefined) {
        for (const { deaf } of this.#waiting.values()) deaf();
        return;
      }
      const [token = '', n, fence] = message.split(' ');
      if (fence !== undefined) this.#waiting.get(token)?.handed({ n: Number(n), fencingToken: BigInt(fence) });
    });
  }
}
