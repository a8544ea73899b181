/** What one connection listens to. */
import { PushReply, RedisError, type Reply } from './reply.ts';
import type { Session } from './session.ts';

/** The server: who listens to which channel, or to which pattern. */
interface Directory {
  subscribers(pattern: boolean): Map<string, Set<Session>>;
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

export class Subscriptions {
  readonly #directory: Directory;
  readonly #session: Session;
  readonly #channels = new Set<string>();
  readonly #patterns = new Set<string>();

  constructor(directory: Directory, session: Session) {
    this.#directory = directory;
    this.#session = session;
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
        all.get(channel)?.delete(this.#session);
      } else if (channel !== null) {
        mine.add(channel);
        all.set(channel, (all.get(channel) ?? new Set()).add(this.#session));
      }
      return new PushReply([name.toLowerCase(), channel, this.count]);
    });
  }

  end(): void {
    for (const channel of this.#channels) this.#directory.subscribers(false).get(channel)?.delete(this.#session);
    for (const channel of this.#patterns) this.#directory.subscribers(true).get(channel)?.delete(this.#session);
    this.#channels.clear();
    this.#patterns.clear();
  }
}
