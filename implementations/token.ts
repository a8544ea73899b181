import { randomBytes } from 'node:crypto';

const TOKEN_BYTES = 16;

/** 128 random bits from the system's source, in hexadecimal. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('hex');
}
