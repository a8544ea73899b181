/** Reading the fields of `value`; what is wrong is a load error that names line and field. */
import { HistoryError } from '../history/errors.ts';

export function field(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function wrong(line: number, name: string, expected: string, found: unknown): HistoryError {
  const shown = found === undefined ? 'nothing' : JSON.stringify(found);
  return new HistoryError(line, `value.${name}`, `expected ${expected}, got ${shown}`);
}

export function stringField(value: unknown, name: string, line: number): string {
  const found = field(value, name);
  if (typeof found !== 'string') throw wrong(line, name, 'a string', found);
  return found;
}

export function numberField(value: unknown, name: string, line: number): number {
  const found = field(value, name);
  if (typeof found !== 'number') throw wrong(line, name, 'a number', found);
  if (!(Math.abs(found) <= Number.MAX_SAFE_INTEGER)) throw new HistoryError(line, `value.${name}`, inexact(found));
  return found;
}

const inexact = (found: number): string =>
  `a number beyond 2^53 - 1 is not read exactly (here as ${found}): give it as a string`;

/** A value that is compared. @throws HistoryError where a number in it may not be the one that was written */
export function exactValue(value: unknown, line: number): unknown {
  if (typeof value === 'number' && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) {
    throw new HistoryError(line, 'value', inexact(value));
  }
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) exactValue(part, line);
  return value;
}

export function booleanField(value: unknown, name: string, line: number): boolean {
  const found = field(value, name);
  if (typeof found !== 'boolean') throw wrong(line, name, 'true or false', found);
  return found;
}

export function optional<T>(
  read: (value: unknown, name: string, line: number) => T,
  value: unknown,
  name: string,
  line: number,
): T | undefined {
  return field(value, name) === undefined ? undefined : read(value, name, line);
}

/** One of a few words, `fallback` when missing. */
export function choice<const Word extends string>(
  value: unknown,
  name: string,
  words: readonly Word[],
  fallback: Word | undefined,
  line: number,
): Word {
  const found = field(value, name) ?? fallback;
  const word = words.find((candidate) => candidate === found);
  if (word === undefined) throw wrong(line, name, words.map((candidate) => `"${candidate}"`).join(' or '), found);
  return word;
}
