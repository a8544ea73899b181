/** What single events say about a lease or the resource. */
import { HistoryError } from '../history/errors.ts';
import type { Door, HistoryEvent } from '../history/events.ts';
import { booleanField, choice, field, numberField, optional, stringField } from './fields.ts';
import type { Acquire, Lease, Release, Sighting } from './leases.ts';

/** Far more than any service counts to. */
const MAX_FENCE_DIGITS = 1000;

/** A read or write that reached the resource. */
export interface ResourceUse extends Sighting {
  readonly key: string;
  readonly lease: string;
  readonly door: Door;
  readonly kind: 'read' | 'write';
  /** What was read, or what the write believed to replace. */
  readonly from: number;
  /** What was there afterwards, if it was accepted. */
  readonly to: number;
  readonly accepted: boolean;
}

export function resourceUse(
  kind: 'read' | 'write',
  { value }: HistoryEvent,
  key: string,
  at: number,
  ref: number,
  line: number,
): ResourceUse {
  const from = numberField(value, kind === 'read' ? 'value' : 'from', line);
  return {
    key,
    lease: stringField(value, 'lease', line),
    door: choice(value, 'door', ['plain', 'fenced'], undefined, line),
    kind,
    from,
    to: kind === 'read' ? from : numberField(value, 'to', line),
    accepted: booleanField(value, 'accepted', line),
    at,
    ref,
  };
}

export function fenceField(answer: unknown, line: number): bigint | undefined {
  const fence = optional(stringField, answer, 'fence', line);
  if (fence === undefined) return undefined;
  if (!/^\d+$/.test(fence)) throw new HistoryError(line, 'value.fence', `expected decimal digits, got "${fence}"`);
  if (fence.length > MAX_FENCE_DIGITS) {
    throw new HistoryError(line, 'value.fence', `expected at most ${MAX_FENCE_DIGITS} digits, got ${fence.length}`);
  }
  return BigInt(fence);
}

interface Lengths {
  readonly askedNs: number;
  readonly effectiveNs: number;
}

/** NaN for what is not said. */
export function lengthsOf(asked: unknown, askedLine: number, answer: unknown, answerLine: number): Lengths {
  return { askedNs: lengthField(asked, askedLine), effectiveNs: lengthField(answer, answerLine) };
}

const lengthField = (value: unknown, line: number): number => durationField(value, 'leaseMs', line);

/** In nanoseconds; NaN where it is not said. */
export function durationField(value: unknown, name: string, line: number): number {
  const length = optional(numberField, value, name, line);
  if (length === undefined) return NaN;
  if (length < 0) throw new HistoryError(line, `value.${name}`, `expected milliseconds, got ${length}`);
  return Math.round(length * 1e6);
}

/** When the lock was asked and had answered, by its own stamps where it has given any: never outside of the call. */
export function stampsOf(
  answer: unknown,
  { called, returned }: { readonly called: number; readonly returned: number },
  line: number,
): Pick<Acquire, 'asked' | 'answered'> {
  const stamps = field(answer, 't');
  if (stamps === undefined) return { asked: called, answered: returned };
  const asked = Math.max(called, numberField(stamps, '0', line));
  return { asked, answered: Math.max(asked, Math.min(returned, numberField(stamps, '1', line))) };
}

/** The earliest and the latest that the deadline of a grant can be: where a length is documented, it began in between. */
export function deadlinesOf(
  answer: unknown,
  { askedNs, effectiveNs }: Lengths,
  { called, answered }: { readonly called: number; readonly answered: number },
  line: number,
): Pick<Acquire, 'statedDeadline' | 'latestStatedDeadline'> {
  if (field(answer, 'deadline') !== 'documented') {
    const stated = optional(numberField, answer, 'deadline', line) ?? Infinity;
    return { statedDeadline: stated, latestStatedDeadline: stated };
  }
  const length = Number.isNaN(effectiveNs) ? askedNs : effectiveNs;
  if (Number.isNaN(length)) throw new HistoryError(line, 'value.leaseMs', 'missing: the deadline is "documented"');
  return { statedDeadline: called + length, latestStatedDeadline: answered + length };
}

export function applyRelease(lease: Lease, key: string, failed: boolean, release: Release, line: number): void {
  if (key !== lease.key) {
    throw new HistoryError(line, 'key', `"${key}", but lease "${lease.id}" was acquired on "${lease.key}"`);
  }
  lease.addRelease(release, failed);
}
