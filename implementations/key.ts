import { InvalidKeyError } from './lock.ts';

const MAX_KEY_BYTES = 4096;

const CONTROL = /[\p{Cc}--[\x80-\x9f]]/v;

/**
 * Refuses keys that some backend or tool along the way would cut, merge or mangle.
 * @throws InvalidKeyError
 */
export function checkKey(key: string): void {
  const fault = faultOf(key);
  if (fault !== undefined) throw new InvalidKeyError(`lock key ${fault}: ${JSON.stringify(key).slice(0, 80)}`);
}

function faultOf(key: unknown): string | undefined {
  if (typeof key !== 'string') return 'is not a string';
  if (key === '') return 'is empty';
  // A UTF-16 unit takes at most three bytes: only long keys need counting.
  if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES) {
    return `is longer than ${MAX_KEY_BYTES} bytes`;
  }
  if (CONTROL.test(key)) return 'contains a control character';
  // Two different ill-formed keys can become the same bytes on the wire.
  if (!key.isWellFormed()) return 'contains half a surrogate pair';
  return undefined;
}

/** A name without any character that a path, or a tool along the way, gives a meaning to; different keys stay different. */
export function plainName(key: string): string {
  return encodeURIComponent(key).replaceAll('%3A', ':').replaceAll('.', '%2E');
}
