/** Commands on sorted sets. */
import { float, integer, rangeOf, SYNTAX, word, type CommandTable } from './command.ts';
import { SortedSet, type Keyspace } from './keyspace.ts';
import { DoubleReply, RedisError, ScoresReply, type Reply } from './reply.ts';

type Run = (keys: Keyspace, args: readonly string[]) => Reply;
type Pair = readonly [string, number];

const ADD_OPTIONS = ['NX', 'XX', 'GT', 'LT', 'CH', 'INCR'];

function add(keys: Keyspace, [key = '', ...rest]: readonly string[]): Reply {
  const options = new Set<string>();
  while (ADD_OPTIONS.includes(rest[0]?.toUpperCase() ?? '')) options.add((rest.shift() ?? '').toUpperCase());
  if (rest.length === 0 || rest.length % 2 !== 0) throw new RedisError(SYNTAX);
  if (options.has('NX') && ['XX', 'GT', 'LT'].some((option) => options.has(option))) {
    throw new RedisError('ERR XX and NX options at the same time are not compatible');
  }
  const pairs: Pair[] = [];
  for (let index = 0; index < rest.length; index += 2) pairs.push([rest[index + 1] ?? '', float(rest[index])]);
  const there = keys.sortedSet(key);
  const set = there ?? new SortedSet();
  let added = 0;
  let changed = 0;
  let last: number | null = null;
  for (const [member, given] of pairs) {
    const before = set.scores.get(member);
    const score = options.has('INCR') ? (before ?? 0) + given : given;
    if (Number.isNaN(score)) throw new RedisError('ERR resulting score is not a number (NaN)');
    last = null;
    if (before === undefined ? options.has('XX') : options.has('NX')) continue;
    if (before !== undefined && options.has('GT') && score <= before) continue;
    if (before !== undefined && options.has('LT') && score >= before) continue;
    last = score;
    set.scores.set(member, score);
    if (before === undefined) added += 1;
    else if (before !== score) changed += 1;
  }
  if (there === undefined && set.scores.size > 0) keys.set(key, set);
  else if (added + changed > 0) keys.changed(key);
  if (options.has('INCR')) return last === null ? null : new DoubleReply(last);
  return options.has('CH') ? added + changed : added;
}

/** `5`, `(5`, `-inf`. */
function bound(text: string | undefined): { readonly score: number; readonly open: boolean } {
  const open = text?.startsWith('(') ?? false;
  return { score: float(open ? text?.slice(1) : text, 'ERR min or max is not a float'), open };
}

function between(keys: Keyspace, key: string, least: string | undefined, most: string | undefined): Pair[] {
  const [from, to] = [bound(least), bound(most)];
  const within = (score: number): boolean =>
    (from.open ? score > from.score : score >= from.score) && (to.open ? score < to.score : score <= to.score);
  return (keys.sortedSet(key)?.sorted() ?? []).filter(([, score]) => within(score));
}

function shown(pairs: readonly Pair[], withScores: boolean): Reply {
  return withScores ? new ScoresReply(pairs) : names(pairs);
}

const names = (pairs: readonly Pair[]): string[] => pairs.map(([member]) => member);

function range(reverse: boolean): Run {
  return (keys, args) => {
    const [key = '', start = '', stop = ''] = args;
    const options = args.slice(3).map((option) => option.toUpperCase());
    if (options.some((option) => option !== 'WITHSCORES' && option !== 'REV')) throw new RedisError(SYNTAX);
    const within = rangeOf(start, stop);
    const sorted = keys.sortedSet(key)?.sorted() ?? [];
    if (reverse || options.includes('REV')) sorted.reverse();
    return shown(sorted.slice(...within(sorted.length)), options.includes('WITHSCORES'));
  };
}

function rangeByScore(reverse: boolean): Run {
  return (keys, args) => {
    const [key = '', first, second] = args;
    const found = reverse ? between(keys, key, second, first).toReversed() : between(keys, key, first, second);
    let [from, count] = [0, found.length];
    let withScores = false;
    for (let index = 3; index < args.length; index += 1) {
      const option = word(args, index).toUpperCase();
      if (option === 'WITHSCORES') withScores = true;
      else if (option === 'LIMIT') [from, count] = [integer(args[++index]), integer(args[++index])];
      else throw new RedisError(SYNTAX);
    }
    if (from < 0) return [];
    return shown(found.slice(from, count < 0 ? undefined : from + count), withScores);
  };
}

function remove(keys: Keyspace, key: string, members: readonly string[]): number {
  const set = keys.sortedSet(key);
  const removed = members.filter((member) => set?.scores.delete(member)).length;
  if (removed > 0) keys.changed(key);
  return removed;
}

function pop(last: boolean): Run {
  return (keys, [key = '', many]) => {
    const sorted = keys.sortedSet(key)?.sorted() ?? [];
    if (last) sorted.reverse();
    const taken = sorted.slice(0, many === undefined ? 1 : integer(many));
    remove(keys, key, names(taken));
    const scores = new ScoresReply(taken);
    // One alone is not in a list of its own.
    return many === undefined ? scores.flat : scores;
  };
}

function rank(reverse: boolean): Run {
  return (keys, [key = '', member]) => {
    const sorted = keys.sortedSet(key)?.sorted() ?? [];
    if (reverse) sorted.reverse();
    const index = sorted.findIndex(([name]) => name === member);
    return index < 0 ? null : index;
  };
}

export const sortedSets: CommandTable = {
  ZADD: { arity: -4, run: add },
  ZINCRBY: { arity: 4, run: (keys, [key = '', amount = '', member = '']) => add(keys, [key, 'INCR', amount, member]) },
  ZSCORE: {
    arity: 3,
    run: (keys, [key = '', member = '']) => {
      const score = keys.sortedSet(key)?.scores.get(member);
      return score === undefined ? null : new DoubleReply(score);
    },
  },
  ZCARD: { arity: 2, run: (keys, [key = '']) => keys.sortedSet(key)?.scores.size ?? 0 },
  ZCOUNT: { arity: 4, run: (keys, [key = '', least, most]) => between(keys, key, least, most).length },
  ZRANK: { arity: 3, run: rank(false) },
  ZREVRANK: { arity: 3, run: rank(true) },
  ZRANGE: { arity: -4, run: range(false) },
  ZREVRANGE: { arity: -4, run: range(true) },
  ZRANGEBYSCORE: { arity: -4, run: rangeByScore(false) },
  ZREVRANGEBYSCORE: { arity: -4, run: rangeByScore(true) },
  ZREM: { arity: -3, run: (keys, [key = '', ...members]) => remove(keys, key, members) },
  ZREMRANGEBYSCORE: {
    arity: 4,
    run: (keys, [key = '', least, most]) => remove(keys, key, names(between(keys, key, least, most))),
  },
  ZREMRANGEBYRANK: {
    arity: 4,
    run: (keys, [key = '', start = '', stop = '']) => {
      const within = rangeOf(start, stop);
      const sorted = keys.sortedSet(key)?.sorted() ?? [];
      return remove(keys, key, names(sorted.slice(...within(sorted.length))));
    },
  },
  ZPOPMIN: { arity: -2, run: pop(false) },
  ZPOPMAX: { arity: -2, run: pop(true) },
};
