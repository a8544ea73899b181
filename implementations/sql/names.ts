/** How the keys of locks are called in a database. */
import { createHash } from 'node:crypto';

/** Names up to this length stand in their row as they are. Every server's index takes longer ones, but not 4 KiB. */
const LONGEST_PLAIN_BYTES = 190;

/**
 * The row of a key: its name, or for a long one its beginning and its hash, so that people can read it and no index is
 * too small for it. Different names have different rows: a cut one is longer than any that is not.
 */
export function rowName(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_PLAIN_BYTES) return name;
  // At least 130 and at most 133 bytes of the beginning: no character is cut in two, no row longer than 255 bytes.
  const beginning = Buffer.from(name)
    .subarray(0, 130)
    .toString('utf8')
    .replace(/\uFFFD$/, '');
  return `${beginning}~${hashOf(name).toString('hex')}`;
}

/** 256 bits; two names with the same ones are not to be found. */
export function hashOf(name: string): Buffer {
  return createHash('sha256').update(name).digest();
}

/** `table` as it may stand in a statement, with or without a schema before it. @throws RangeError */
export function checkTable(table: string): string {
  if (/^[a-z_][a-z0-9_]{0,39}(\.[a-z_][a-z0-9_]{0,39})?$/.test(table)) return table;
  throw new RangeError(`table is ${JSON.stringify(table)}, expected lower case letters, digits and _, at most 40`);
}
