/** What the lock reads in the answers of Consul, whose other fields do not matter. */
import { LockOutcomeUnknownError } from '../lock.ts';

/** A key that exists. */
export interface KeyEntry {
  readonly name: string;
  /** What has acquired it. */
  readonly session: string | undefined;
  /** The index of its last change. */
  readonly changedAt: number;
  /** Decoded. */
  readonly value: string;
}

/** What a read of one key, or of all below a name, was answered with; empty if there is none. */
export function entriesOf(answer: unknown): KeyEntry[] {
  const entries: unknown[] = Array.isArray(answer) ? answer : [answer];
  return entries.flatMap((entry) => entryOf(entry) ?? []);
}

/** What a read of one key was answered with; `undefined` if there is none. */
export function entryOf(answer: unknown): KeyEntry | undefined {
  if (answer === undefined) return undefined;
  const session = fieldOf(answer, 'Session');
  const value = fieldOf(answer, 'Value');
  return {
    name: textOf(answer, 'Key'),
    session: typeof session === 'string' ? session : undefined,
    changedAt: numberOf(answer, 'ModifyIndex'),
    value: typeof value === 'string' ? value : '',
  };
}

/** The index of the last change of the last key that a transaction has touched. */
export function lastChangeOf(transaction: unknown): bigint {
  const results = fieldOf(transaction, 'Results');
  const last: unknown = Array.isArray(results) ? results.at(-1) : undefined;
  return BigInt(numberOf(fieldOf(last, 'KV'), 'ModifyIndex'));
}

/** Of a session that was created. */
export function sessionIdOf(answer: unknown): string {
  return textOf(answer, 'ID');
}

/** Whether somebody has the key, and the index from which the next query is to wait. */
export function watchedOf(answer: unknown): { readonly held: boolean; readonly index: string } {
  const [response, entry] = Array.isArray(answer) ? (answer as unknown[]) : [];
  const index = textOf(fieldOf(response, 'headers'), 'x-consul-index');
  return { held: fieldOf(entry, 'Session') !== undefined, index };
}

function numberOf(answer: unknown, name: string): number {
  const value = fieldOf(answer, name);
  return typeof value === 'number' ? value : unexpected(name, answer);
}

function textOf(answer: unknown, name: string): string {
  const value = fieldOf(answer, name);
  return typeof value === 'string' ? value : unexpected(name, answer);
}

function fieldOf(answer: unknown, name: string): unknown {
  return typeof answer === 'object' && answer !== null ? Reflect.get(answer, name) : undefined;
}

function unexpected(name: string, answer: unknown): never {
  throw new LockOutcomeUnknownError(`Consul answered without ${name}: ${JSON.stringify(answer)?.slice(0, 200)}`);
}
