/** What single events say about a lease or the resource. */
import { HistoryError } from '../history/errors.ts';
import type { Door, HistoryEvent } from '../history/events.ts';
import { booleanField, choice, numberField, optional, stringField } from './fields.ts';
import type { Lease, Release, Sighting } from './leases.ts';

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

export function applyRelease(lease: Lease, key: string, failed: boolean, release: Release, line: number): void {
  if (key !== lease.key) {
    throw new HistoryError(line, 'key', `"${key}", but lease "${lease.id}" was acquired on "${lease.key}"`);
  }
  lease.addRelease(release, failed);
}
