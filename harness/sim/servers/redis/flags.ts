/** What commands do with keys, as far as replicas and clusters ask. */

const READS = new Set([
  ...['GET', 'MGET', 'STRLEN', 'EXISTS', 'TOUCH', 'TYPE', 'TTL', 'PTTL', 'EXPIRETIME', 'PEXPIRETIME'],
  ...['KEYS', 'SCAN', 'DBSIZE', 'SELECT', 'HGET', 'HMGET', 'HGETALL', 'HEXISTS', 'HLEN', 'HKEYS', 'HVALS'],
  ...['LLEN', 'LINDEX', 'LRANGE', 'SISMEMBER', 'SCARD', 'SMEMBERS', 'ZSCORE', 'ZCARD', 'ZCOUNT'],
  ...['ZRANK', 'ZREVRANK', 'ZRANGE', 'ZREVRANGE', 'ZRANGEBYSCORE', 'ZREVRANGEBYSCORE'],
]);

/** Of a command on keys. */
export const isWrite = (name: string): boolean => !READS.has(name);

const WITHOUT_KEYS = new Set([
  ...['KEYS', 'SCAN', 'DBSIZE', 'FLUSHALL', 'FLUSHDB', 'TIME', 'PUBLISH', 'SCRIPT', 'PING', 'ECHO', 'WAIT', 'SELECT'],
  ...['INFO', 'ROLE', 'PUBSUB', 'CLUSTER'],
]);
const ONLY_KEYS = new Set(['DEL', 'UNLINK', 'EXISTS', 'TOUCH', 'MGET', 'WATCH']);
const SCRIPTS = new Set(['EVAL', 'EVALSHA', 'EVAL_RO', 'EVALSHA_RO']);

/** The keys that a command names. */
export function keysOf(name: string, args: readonly string[]): readonly string[] {
  if (SCRIPTS.has(name)) return args.slice(2, 2 + Math.max(0, Number(args[1]) || 0));
  if (WITHOUT_KEYS.has(name)) return [];
  if (ONLY_KEYS.has(name)) return args;
  if (name === 'MSET' || name === 'MSETNX') return args.filter((_, index) => index % 2 === 0);
  return args.slice(0, name === 'RENAME' ? 2 : 1);
}
