/** What commands do with keys, as far as replicas and clusters ask. */

const READS = new Set([
  ...['GET', 'MGET', 'STRLEN', 'EXISTS', 'TOUCH', 'TYPE', 'TTL', 'PTTL', 'EXPIRETIME', 'PEXPIRETIME'],
  ...['KEYS', 'SCAN', 'DBSIZE', 'HGET', 'HMGET', 'HGETALL', 'HEXISTS', 'HLEN', 'HKEYS', 'HVALS'],
  ...['LLEN', 'LINDEX', 'LRANGE', 'SISMEMBER', 'SCARD', 'SMEMBERS', 'ZSCORE', 'ZCARD', 'ZCOUNT'],
  ...['ZRANK', 'ZREVRANK', 'ZRANGE', 'ZREVRANGE', 'ZRANGEBYSCORE', 'ZREVRANGEBYSCORE'],
]);

/** Of a command on keys. */
export const isWrite = (name: string): boolean => !READS.has(name);
