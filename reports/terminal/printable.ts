/** What a report says must not command the terminal. */
import { stripVTControlCharacters } from 'node:util';

/** The same plain value, its texts and keys without escape sequences and control characters, each on one line. */
export function printable<T>(value: T): T {
  // Only the content of texts has changed.
  return cleaned(value) as T;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [clean(key), cleaned(part)]));
}

function clean(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '\u{FFFD}');
}
