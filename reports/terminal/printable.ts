/** What a report says must not command the terminal. */
import { stripVTControlCharacters } from 'node:util';

/** The same plain value, its texts without escape sequences and control characters; line breaks become spaces. */
export function printable<T>(value: T): T {
  const copy: unknown = JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
    typeof part === 'string' ? clean(part) : part,
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the content of texts has changed
  return copy as T;
}

function clean(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '\u{FFFD}');
}
