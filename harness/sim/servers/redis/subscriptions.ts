/** What one connection listens to. */
import { PushReply, RedisError, type Reply } from './reply.ts';

/** The server: who listens to which channel, or to which pattern. */
interface Directory<Subscriber> {
  subscribers(pattern: boolean): Map<string, Set<Subscriber>>;
}

/** A subscribed connection of RESP2 may say only these. */
const WHILE_SUBSCRIBED = new Set([
  ...['SUBSCRIBE', 'UNSUBSCRIBE', 'PSUBSCRIBE', 'PUNSUBSCRIBE', 'SSUBSCRIBE', 'SUNSUBSCRIBE'],
  ...['PING', 'QUIT', 'RESET'],
]);

export function forbiddenToSubscribers(name: string): RedisError | undefined {
  if (WHILE_SUBSCRIBED.has(name)) return undefined;
  const allowed = '(P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET';
  return new RedisError(`ERR Can't execute '${name.toLowerCase()}': only ${allowed} are allowed in this context`);
}

export class Subscriptions<Subscriber> {
  readonly #directory: Directory<Subscriber>;
  readonly #subscriber: Subscriber;
  readonly #channels = new Set<string>();
  readonly #patterns = new Set<string>();

  constructor(directory: Directory<Subscriber>, subscriber: Subscriber) {
    this.#directory = directory;
    this.#subscriber = subscriber;
  }

  get count(): number {
    return this.#channels.size + this.#patterns.size;
  }

  /** `[P]SUBSCRIBE`, `[P]UNSUBSCRIBE`. @returns one reply for each channel. @throws RedisError */
  change(name: string, args: readonly string[]): Reply[] {
    const pattern = name.startsWith('P');
    const mine = pattern ? this.#patterns : this.#channels;
    const all = this.#directory.subscribers(pattern);
    const leaving = name.endsWith('UNSUBSCRIBE');
    if (!leaving && args.length === 0) {
      throw new RedisError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
    }
    const named: readonly (string | null)[] = leaving && args.length === 0 ? [...mine] : args;
    return (named.length === 0 ? [null] : named).map((channel) => {
      if (channel !== null && leaving) {
        mine.delete(channel);
        all.get(channel)?.delete(this.#subscriber);
      } else if (channel !== null) {
        mine.add(channel);
        all.set(channel, (all.get(channel) ?? new Set()).add(this.#subscriber));
      }
      return new PushReply([name.toLowerCase(), channel, this.count]);
    });
  }

  end(): void {
    for (const channel of this.#channels) this.#directory.subscribers(false).get(channel)?.delete(this.#subscriber);
    for (const channel of this.#patterns) this.#directory.subscribers(true).get(channel)?.delete(this.#subscriber);
    this.#channels.clear();
    this.#patterns.clear();
  }
}
