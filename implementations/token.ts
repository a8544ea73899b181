import { randomFillSync } from 'node:crypto';

const TOKEN_BYTES = 16;
/** Drawing many tokens' worth of randomness at a time makes a token cost less than a microsecond. */
const pool = Buffer.allocUnsafeSlow(TOKEN_BYTES * 256);
let used = pool.length;

/** 128 random bits from the system's source, in hexadecimal. */
export function newToken(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += TOKEN_BYTES;
  return pool.toString('hex', start, used);
}
