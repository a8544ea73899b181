/** The address at which one lock object is told of the grants to its waiters: a channel of its own. */
import type { Handover } from '../lease/turn.ts';
import type { RedisClient } from './connections.ts';
import { Channels } from './wake-ups.ts';

export class Inbox {
  readonly address: string;
  readonly #channels: Channels | undefined;
  readonly #waiting = new Map<string, (handover: Handover) => void>();
  #open = false;

  constructor(subscriber: RedisClient | undefined, address: string) {
    this.address = address;
    this.#channels = subscriber === undefined ? undefined : Channels.of(subscriber);
  }

  /** Messages are `token n fence`; what comes for a token that nobody waits for any more is not heard. */
  listen(token: string, handed: (handover: Handover) => void): () => void {
    this.#subscribe();
    this.#waiting.set(token, handed);
    return () => this.#waiting.delete(token);
  }

  /** Once, for as long as the client lives: one channel, however many keys and waiters there are. */
  #subscribe(): void {
    if (this.#open || this.#channels === undefined) return;
    this.#open = true;
    this.#channels.subscribe(this.address, (message) => {
      const [token = '', n, fence] = message?.split(' ') ?? [];
      if (fence !== undefined) this.#waiting.get(token)?.({ n: Number(n), fencingToken: BigInt(fence) });
    });
  }
}
