/**
 * The shape of one event, by hand rather than by zod: it runs once a line, millions of times, and zod's general walk
 * costs several times the parsing of the line itself.
 */
import { HistoryError } from './errors.ts';
import type { HistoryEvent } from './events.ts';

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 60) ?? typeof value);
}

function wrong(line: number, field: string, expected: string, value: unknown): HistoryError {
  return new HistoryError(line, field, `expected ${expected}, got ${shown(value)}`);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** @throws HistoryError that names the field. Unknown fields are kept. */
export function assertEvent(value: unknown, line: number): asserts value is HistoryEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(line, '', 'a JSON object', value);
  }
  // Each field is looked at below; what comes out is what went in.
  const event = value as { readonly [K in keyof HistoryEvent]?: unknown };
  const { type, process } = event;
  if (type !== 'invoke' && type !== 'ok' && type !== 'fail' && type !== 'info') {
    throw wrong(line, 'type', '"invoke", "ok", "fail" or "info"', type);
  }
  if (typeof process === 'string') {
    if (type !== 'info') throw wrong(line, 'type', `"info" (process "${process}" is an observer)`, type);
  } else if (!isCount(process)) {
    throw wrong(line, 'process', 'an integer of at least 0, or the name of an observer', process);
  }
  if (typeof event.f !== 'string') throw wrong(line, 'f', 'a string', event.f);
  if (event.time !== undefined && !isCount(event.time)) {
    throw wrong(line, 'time', 'an integer from 0 to 2^53 - 1 (nanoseconds)', event.time);
  }
  if (event.index !== undefined && !isCount(event.index)) {
    throw wrong(line, 'index', 'an integer of at least 0', event.index);
  }
  if (event.key !== undefined && typeof event.key !== 'string') throw wrong(line, 'key', 'a string', event.key);
  if (event.error !== undefined) validateError(event.error, type, line);
}

function validateError(error: unknown, type: string, line: number): void {
  if (type !== 'fail' && type !== 'info') {
    throw new HistoryError(line, 'error', `stands beside "fail" and "info" only, not "${type}"`);
  }
  if (typeof error !== 'object' || error === null || !('code' in error) || typeof error.code !== 'string') {
    throw wrong(line, 'error', 'a text, or an object with a string "code"', error);
  }
}

/** Which field orders the events of a history: `index` stands in where every event lacks `time`. */
export type Clock = 'time' | 'index';

/** Decides the clock by the first event and holds the others to it. */
export class ClockRule {
  #clock: Clock | undefined;

  get clock(): Clock {
    return this.#clock ?? 'time';
  }

  /** The event's place in time. @throws HistoryError when some events have a time and others have not. */
  at(event: HistoryEvent, line: number): number {
    const { time } = event;
    if (time !== undefined) {
      if (this.#clock === 'index') {
        throw new HistoryError(line, 'time', 'given here, but missing in the events before: all have it, or none');
      }
      this.#clock = 'time';
      return time;
    }
    if (this.#clock === 'time') {
      throw new HistoryError(line, 'time', 'missing here, but given in the events before: all have it, or none');
    }
    if (event.index === undefined) throw new HistoryError(line, 'time', 'missing, and there is no index in its place');
    this.#clock = 'index';
    return event.index;
  }
}
