/** Who listens to what on one server. */
import { SYNTAX } from './command.ts';
import { globOf } from './generic.ts';
import { RedisError, type Reply } from './reply.ts';
import type { Session } from './session.ts';

export class Channels {
  readonly #subscribers = new Map<string, Set<Session>>();
  readonly #patterns = new Map<string, Set<Session>>();

  subscribers(pattern: boolean): Map<string, Set<Session>> {
    return pattern ? this.#patterns : this.#subscribers;
  }

  /** @returns how many have heard it */
  publish(channel: string, message: string): number {
    const direct = this.#subscribers.get(channel) ?? new Set();
    for (const session of direct) session.push(['message', channel, message]);
    let heard = direct.size;
    for (const [pattern, sessions] of this.#patterns) {
      if (!globOf(pattern).test(channel)) continue;
      for (const session of sessions) session.push(['pmessage', pattern, channel, message]);
      heard += sessions.size;
    }
    return heard;
  }

  /** The answer to `PUBSUB`. */
  describe(what: string, args: readonly string[]): Reply {
    if (what === 'NUMSUB') return args.flatMap((channel) => [channel, this.#subscribers.get(channel)?.size ?? 0]);
    if (what === 'NUMPAT') return this.#patterns.size;
    if (what !== 'CHANNELS') throw new RedisError(SYNTAX);
    const glob = globOf(args[0] ?? '*');
    return [...this.#subscribers].filter(([name, who]) => who.size > 0 && glob.test(name)).map(([name]) => name);
  }

  clear(): void {
    this.#subscribers.clear();
    this.#patterns.clear();
  }
}
