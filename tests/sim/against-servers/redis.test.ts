/** The model of Redis is held against a real one: random tapes of commands run on both, and the answers are compared. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { draws } from '../../effort.ts';
import { RedisServer as Model } from '../../../harness/sim/servers/redis/server.ts';
import { ACQUIRE, ACQUIRE_FENCED, EXTEND, RELEASE } from '../../../implementations/redis/scripts.ts';
import { RedisServer } from '../../../tools/redis-server.ts';
import { ModelTalk, RealTalk, type Answer, type Talk } from '../resp-talk.ts';

let server: RedisServer;
before(async () => {
  server = await RedisServer.start();
});
after(() => server[Symbol.asyncDispose]());

const keys = fc.constantFrom('a', 'b', 'c');
const fields = fc.constantFrom('x', 'y', 'z', '');
const values = fc.constantFrom('1', 'owner', '', 'ünï\r\ncode', '-7', '3.5', 'zz');
const counts = fc.constantFrom('0', '1', '2', '-1', '5', 'no');
/** Long enough that no key expires on one side only, or over at once. */
const milliseconds = fc.constantFrom('100000', '200000', '0', '-5', 'no');
const scores = fc.constantFrom('1', '2', '2', '-3.5', '(1', 'inf', '-inf', 'no');

const word = (text: string): fc.Arbitrary<string> => fc.constant(text);
const command = (name: string, ...args: fc.Arbitrary<string>[]): fc.Arbitrary<string[]> =>
  fc.tuple(word(name), ...args).map((words) => words.filter((one) => one !== OMITTED));
const OMITTED = '\u0000';
const maybe = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(OMITTED, ...texts);

const strings = fc.oneof(
  command('SET', keys, values),
  command('SET', keys, values, maybe('NX', 'XX'), maybe('GET', 'KEEPTTL')),
  fc.tuple(command('SET', keys, values, maybe('NX', 'XX')), milliseconds).map(([set, ms]) => [...set, 'PX', ms]),
  command('SETNX', keys, values),
  command('SETEX', keys, milliseconds, values),
  command('PSETEX', keys, milliseconds, values),
  command('GETSET', keys, values),
  command('GETDEL', keys),
  command('GETEX', keys, maybe('PERSIST')),
  ...['GET', 'INCR', 'DECR', 'STRLEN'].map((name) => command(name, keys)),
  ...['INCRBY', 'DECRBY'].map((name) => command(name, keys, counts)),
  command('APPEND', keys, values),
  command('MGET', keys, keys),
  command('MSET', keys, values, keys, values),
  command('MSETNX', keys, values, keys, values),
);

const generic = fc.oneof(
  ...['DEL', 'UNLINK', 'EXISTS', 'TYPE', 'TTL', 'PTTL', 'PERSIST'].map((name) => command(name, keys)),
  command('EXISTS', keys, keys),
  command('PEXPIRE', keys, milliseconds, maybe('NX', 'XX', 'GT', 'LT')),
  command('EXPIRE', keys, milliseconds),
  command('PEXPIREAT', keys, fc.constantFrom('1', '9000000000000', 'no')),
  command('RENAME', keys, keys),
  command('KEYS', fc.constantFrom('*', 'a', '[ab]', '?')),
  command('DBSIZE'),
  command('GET'),
  command('SET', keys),
);

const collections = fc.oneof(
  command('HSET', keys, fields, values),
  command('HSET', keys, fields, values, fields, values),
  command('HSETNX', keys, fields, values),
  command('HMGET', keys, fields, fields),
  ...['HGET', 'HDEL', 'HEXISTS'].map((name) => command(name, keys, fields)),
  ...['HGETALL', 'HLEN', 'HKEYS', 'HVALS', 'LLEN', 'SCARD', 'SMEMBERS'].map((name) => command(name, keys)),
  command('HINCRBY', keys, fields, counts),
  ...['LPUSH', 'RPUSH', 'RPUSHX'].map((name) => command(name, keys, values)),
  ...['LPOP', 'RPOP'].map((name) => command(name, keys)),
  command('LRANGE', keys, counts, counts),
  command('LINDEX', keys, counts),
  command('LREM', keys, counts, values),
  ...['SADD', 'SREM', 'SISMEMBER'].map((name) => command(name, keys, fields)),
);

const sortedSets = fc.oneof(
  command('ZADD', keys, maybe('NX', 'XX', 'GT', 'LT'), maybe('CH'), scores, fields),
  command('ZADD', keys, scores, fields, scores, fields),
  command('ZINCRBY', keys, scores, fields),
  ...['ZSCORE', 'ZRANK', 'ZREVRANK', 'ZREM'].map((name) => command(name, keys, fields)),
  command('ZCARD', keys),
  ...['ZCOUNT', 'ZREMRANGEBYSCORE'].map((name) => command(name, keys, scores, scores)),
  command('ZRANGE', keys, counts, counts, maybe('WITHSCORES'), maybe('REV')),
  ...['ZRANGEBYSCORE', 'ZREVRANGEBYSCORE'].map((name) => command(name, keys, scores, scores, maybe('WITHSCORES'))),
  command('ZRANGEBYSCORE', keys, scores, scores, word('LIMIT'), counts, counts),
  command('ZREMRANGEBYRANK', keys, counts, counts),
  ...['ZPOPMIN', 'ZPOPMAX'].map((name) => command(name, keys)),
);

const transactions = fc.oneof(
  ...['MULTI', 'EXEC', 'DISCARD', 'UNWATCH'].map((name) => command(name)),
  command('WATCH', keys),
);
const connection = fc.oneof(
  command('PING'),
  command('ECHO', values),
  command('SELECT', fc.constantFrom('0', '99')),
  command('CLIENT', word('SETNAME'), word('me')),
  command('CLIENT', word('GETNAME')),
  command('PUBLISH', keys, values),
);

const SCRIPTS = [
  'return {1, "two", false, {3}, nil, 5}',
  "return redis.call('GET', KEYS[1])",
  "return redis.pcall('INCR', KEYS[1])",
  "return redis.call('INCR', KEYS[1])",
  "return {ARGV[1], #ARGV, #KEYS, KEYS[1] .. ':' .. 1, tostring(10 / 2), 7 % 4, 10 / 4}",
  'return 3.99',
  'return -3.99',
  'return true',
  'return {ok = "FINE"}',
  "return redis.error_reply('MY error')",
  "return redis.status_reply('STATUS')",
  'local n = 0 for i = 1, 10 do n = n + i end return n * 1000000000',
  "return string.format('%d %s %.0f', 42, 'x', 1700000000 * 1000000)",
  "redis.call('SET', KEYS[1], 1700000000 * 1000 + 1) return redis.call('GET', KEYS[1])",
  "local t = redis.call('HGETALL', KEYS[1]) return t",
  "redis.call('ZADD', KEYS[1], ARGV[1], 'm') return redis.call('ZSCORE', KEYS[1], 'm')",
  "return tonumber(ARGV[1]) or 'not a number'",
  "return {math.floor(3.7), math.max(1, 2), table.concat({'a', 'b'}, '-')}",
  "return {math.max(9, '10'), math.min('3', 20)}",
  "return redis.sha1hex('')",
  'x = 1 return x',
  'return unknown',
  'this is not lua',
  "return redis.call('NOT', 'ENOUGH')",
].filter((script) => !script.includes('NOT'));
const scripts = fc
  .tuple(
    fc.constantFrom(...SCRIPTS),
    fc.array(keys, { minLength: 1, maxLength: 2 }),
    fc.array(values, { maxLength: 3 }),
  )
  .map(([script, some, args]) => ['EVAL', script, String(some.length), ...some, ...args]);
const lockScripts = fc
  .tuple(
    fc.constantFrom(ACQUIRE, ACQUIRE_FENCED, EXTEND, RELEASE),
    fc.constantFrom('t1', 't2'),
    fc.constantFrom('100000', '', '200000', 'no'),
    fc.constantFrom('1', '2', 'x'),
  )
  .map(([script, ...args]) => ['EVAL', script, '2', 'a', 'b', ...args]);

async function agree(tape: readonly string[][], protocol: 2 | 3, translate: boolean): Promise<void> {
  const model = new Model({ wallUs: () => Date.now() * 1000, unsupported: (what) => assert.fail(what) }, translate);
  await using real = await RealTalk.open(server.port);
  const hello = [['FLUSHALL'], ['SCRIPT', 'FLUSH'], ['HELLO', String(protocol)]];
  const answers = async (talk: Talk): Promise<readonly Answer[]> =>
    (await talk.say([...hello, ...tape]))
      .slice(hello.length)
      .map((answer, index) => comparable(answer, tape[index] ?? []));
  assert.deepEqual(await answers(new ModelTalk(model)), await answers(real));
}

const FROM_TIME = 'from the server’s time';

/** Of errors the code counts; times may differ by what passed meanwhile; some orders mean nothing. */
function comparable(answer: Answer, [name = '', script = '']: readonly string[]): Answer {
  if (typeof answer === 'object' && answer !== null && 'error' in answer) {
    return { error: answer.error.split(' ')[0] ?? '' };
  }
  if (Array.isArray(answer) && ['KEYS', 'SMEMBERS'].includes(name)) return answer.map(String).toSorted();
  if (['PTTL', 'TTL'].includes(name) && typeof answer === 'number' && answer > 0) return Math.round(answer / 10_000);
  if (name === 'EXEC' && Array.isArray(answer)) return answer.length;
  if (typeof answer === 'string' && /^\d{16}$/.test(answer)) return FROM_TIME;
  if (name !== 'EVAL' || typeof answer !== 'number') return answer;
  // The remaining time of another's lease, or a number counted from the server's time.
  if (answer < -50_000) return -Math.round(-answer / 10_000);
  return script === ACQUIRE_FENCED && answer > 1e15 ? FROM_TIME : answer;
}

const tapeOf = (...kinds: readonly fc.Arbitrary<string[]>[]): fc.Arbitrary<string[][]> =>
  fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: 40 });

const TAPES: Readonly<Record<string, fc.Arbitrary<string[][]>>> = {
  strings: tapeOf(strings, generic),
  collections: tapeOf(collections, generic, strings),
  'sorted sets': tapeOf(sortedSets, generic),
  'transactions and connections': tapeOf(transactions, strings, connection),
  scripts: tapeOf(scripts, strings, collections),
  'scripts of our locks': tapeOf(lockScripts, command('DEL', keys), command('SET', keys, values)),
};

for (const [name, tapes] of Object.entries(TAPES)) {
  void describe(name, () => {
    for (const protocol of [2, 3] as const) {
      void it(`answer as Redis does, in RESP${protocol}`, async () => {
        const property = fc.asyncProperty(tapes, fc.boolean(), (tape, translate) => agree(tape, protocol, translate));
        await fc.assert(property, { ...draws(100), endOnFailure: false });
      });
    }
  });
}

void it('a command that is not simulated is named', async () => {
  const model = new Model({
    wallUs: () => 0,
    unsupported: (what) => {
      throw new Error(what);
    },
  });
  await assert.rejects(
    async () => new ModelTalk(model).say([['XADD', 's', '*', 'a', 'b']]),
    /XADD of Redis is not simulated/,
  );
});
