/** The form of a command, and the reading of its arguments. */
import type { Keyspace } from './keyspace.ts';
import { RedisError, type Reply } from './reply.ts';

export interface Command {
  /** With its name: exactly so many words; negative: at least so many. */
  readonly arity: number;
  readonly run: (keys: Keyspace, args: readonly string[]) => Reply;
}

export type CommandTable = Readonly<Record<string, Command>>;

export const SYNTAX = 'ERR syntax error';
const NOT_AN_INTEGER = 'ERR value is not an integer or out of range';
const NOT_A_FLOAT = 'ERR value is not a valid float';

export function word(args: readonly string[], index: number): string {
  const arg = args[index];
  if (arg === undefined) throw new RedisError(SYNTAX);
  return arg;
}

/** A whole number, exact up to 2^53. */
export function integer(text: string | undefined, message = NOT_AN_INTEGER): number {
  if (text === undefined) throw new RedisError(SYNTAX);
  if (!/^-?(0|[1-9]\d*)$/.test(text) || !Number.isSafeInteger(Number(text))) throw new RedisError(message);
  return Number(text);
}

export function float(text: string | undefined, message = NOT_A_FLOAT): number {
  if (text === undefined) throw new RedisError(SYNTAX);
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new RedisError(message);
  return Number(text);
}

/** Of a range as Redis has it, negative from the end: what to give to `slice` for a list of some length. */
export function rangeOf(start: string, stop: string): (length: number) => readonly [number, number] {
  const [from, to] = [integer(start), integer(stop)];
  const place = (index: number, length: number): number => (index < 0 ? length + index : index);
  return (length) => [Math.max(0, place(from, length)), Math.max(0, Math.min(length - 1, place(to, length)) + 1)];
}
