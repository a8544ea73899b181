/** JSON from outside: what is nested without end would exhaust the stack of whatever walks through it later. */
import { oneLine } from './issues.ts';

/** Deeper nesting is refused. */
export const MAX_DEPTH = 256;

/** What `JSON.parse` makes of it. @throws Error whose message says what is wrong, in words that fit behind the file's name */
export function parseJson(text: string): unknown {
  const value = parsed(text);
  // So much can be nested only in a text that opens and closes so often.
  if (text.length >= 2 * MAX_DEPTH && isTooDeep(value)) throw new Error(tooDeep());
  return value;
}

/** The parser quotes the text, line breaks and all. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(oneLine((cause as Error).message), { cause });
  }
}

export const tooDeep = (): string => `nested more than ${MAX_DEPTH} levels deep`;

function isTooDeep(value: unknown, levels = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((part) => isTooDeep(part, levels - 1));
}

/** Values that are equal have the same text: fields in any order, numbers however they are written. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((part: unknown) => canonicalText(part)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, part]) => `${JSON.stringify(name)}:${canonicalText(part)}`).join(',')}}`;
}
