/** What clients practise beyond plain cycles of an exclusive lease, where a lock claims more than that. */
import fc, { type Arbitrary } from 'fast-check';
import { z } from 'zod';
import { briefMs, shortListOf } from '../base/limits.ts';
import type { LockModule } from 'holdfast-locks';

/**
 * How one cycle asks for the lock. `brief`: shared, for a shorter lease than the others have. `meeting`: shared, on a key
 * that nobody ever wants exclusively, and held for long, so that there is somebody to share it with.
 */
const CYCLE_MODES = ['exclusive', 'shared', 'brief', 'meeting'] as const;

export const practiceSchema = z.object({
  modes: shortListOf(z.enum(CYCLE_MODES)).min(1).optional(),
  briefMs: briefMs.positive().optional(),
  meetingMs: briefMs.positive().optional(),
  /** Whether the cycle's owner asks for the lock a second time while it holds it. */
  reenters: shortListOf(z.boolean()).min(1).optional(),
  /** Whether it asks to share it then, although it holds it exclusively. */
  reentersShared: shortListOf(z.boolean()).min(1).optional(),
});
export type Practice = z.infer<typeof practiceSchema>;

/** What the claims of a lock are tried by. */
export interface Practised {
  readonly sharing: boolean;
  readonly reentrancy: boolean;
  readonly fairness: boolean;
  readonly bypass: number;
  readonly allowanceMs: number;
}

/** On two busy cores a timer may be late by half of it. */
const ALLOWANCE_MS = 300;

/** `undefined` for locks that claim none of it. */
export function practisedOf({ claims, turns }: Pick<LockModule, 'claims' | 'turns'>): Practised | undefined {
  const claimed = (property: 'sharing' | 'reentrancy' | 'fairness'): boolean => claims[property] !== undefined;
  const [sharing, reentrancy, fairness] = [claimed('sharing'), claimed('reentrancy'), claimed('fairness')];
  if (!sharing && !reentrancy && !fairness) return undefined;
  const { bypass = 0, allowanceMs = ALLOWANCE_MS } = turns ?? {};
  return { sharing, reentrancy, fairness, bypass, allowanceMs };
}

/** Of lengths that have no factor in common with the number of keys, so that every key sees every kind of cycle. */
const CYCLES = 11;

export function practiceArbitrary(practised: Practised, leaseMs: number): Arbitrary<Practice> {
  const { sharing, reentrancy, allowanceMs } = practised;
  const some = (of: readonly (typeof CYCLE_MODES)[number][]): Arbitrary<(typeof CYCLE_MODES)[number][]> =>
    fc.shuffledSubarray([...of], { minLength: of.length, maxLength: of.length });
  const [shared, brief, exclusive] = ['shared', 'brief', 'exclusive'] as const;
  const eachCycle = fc.array(fc.boolean(), { minLength: CYCLES, maxLength: CYCLES });
  return fc.record({
    ...(sharing && {
      modes: some([
        ...([shared, shared, shared, shared, brief, brief, exclusive, exclusive, exclusive] as const),
        ...(['meeting', 'meeting'] as const),
      ]),
      briefMs: fc.constant(Math.ceil(leaseMs / 4)),
      meetingMs: fc.constant(Math.ceil(allowanceMs * 1.5)),
    }),
    ...(reentrancy && { reenters: eachCycle }),
    ...(reentrancy && sharing && { reentersShared: eachCycle }),
  });
}
