/** Tapes of commands for clients of Redis, real or modelled, and what of their answers is comparable. */
import fc from 'fast-check';

/** Whom a command is said to. */
export interface Step {
  readonly to: 'primary' | 'replica';
  readonly command: readonly [string, ...string[]];
}

/** A client of either. */
export interface Caller {
  call(name: string, ...args: string[]): Promise<unknown>;
}

/** In a cluster, the first two are in one slot of the first node's, the other is another node's. */
const key = fc.constantFrom('{b}1', '{b}2', '{c}3');
const value = fc.constantFrom('1', 'owner', '7');
const said = (...words: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<readonly [string, ...string[]]> =>
  fc
    .tuple(...words.map((word) => (typeof word === 'string' ? fc.constant(word) : word)))
    .map((all) => all as unknown as readonly [string, ...string[]]);

const SET_BY_SCRIPT = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])";
const TRY_BY_SCRIPT = "local r = redis.pcall('INCR', KEYS[1]) return type(r)";

export const commands = fc.oneof(
  said('SET', key, value),
  said('SET', key, value, 'NX', 'PX', '100000'),
  ...['GET', 'DEL', 'INCR', 'EXISTS', 'TYPE'].map((name) => said(name, key)),
  said('PTTL', key),
  said('PEXPIRE', key, '100000'),
  said('MGET', key, key),
  said('DEL', key, key),
  said('HSET', key, 'f', value),
  said('ZADD', key, '1', 'm'),
  said('RPUSH', key, value),
  said('EVAL', SET_BY_SCRIPT, '1', key, value),
  said('EVAL', TRY_BY_SCRIPT, '1', key),
  said('EVAL', "return redis.call('GET', KEYS[1])", '1', key),
  said('EVAL', 'return 7', '0'),
  said('EVAL', 'return #KEYS', '2', key, key),
  said('PUBLISH', 'news', value),
  said('PING'),
);

/** Says each, one after the other; a replica is asked when it has heard all that was said before. */
export async function play(
  steps: readonly Step[],
  callers: Readonly<Record<Step['to'], Caller>>,
  caughtUp: () => Promise<unknown>,
): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  for (const { to, command } of steps) {
    if (to === 'replica') await caughtUp();
    const [name, ...args] = command;
    answers.push(
      await callers[to].call(name, ...args).then(
        (answer) => comparable(name, answer),
        (error: unknown) => ({ error: (error as Error).message.split(' ')[0] }),
      ),
    );
  }
  return answers;
}

/** Times differ by what passed meanwhile. */
function comparable(name: string, answer: unknown): unknown {
  return name === 'PTTL' && Number(answer) > 0 ? Math.round(Number(answer) / 10_000) : answer;
}
