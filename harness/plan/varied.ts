/** Load that differs from cycle to cycle: leases of other lengths than whoever waits asks for, and holds that outlast them. */
import fc, { type Arbitrary } from 'fast-check';
import type { Plan } from './plan.ts';

/** What it is drawn for; all times in milliseconds. */
export interface VariedSizes {
  readonly leaseMs: number;
  /** How long whoever waits may take to be granted a lock that was released. */
  readonly handoverMs: number;
  /** The shortest lease that the lock grants. */
  readonly leastLeaseMs: number;
}

export interface Varied extends Pick<Plan, 'holdsMs' | 'leasesMs' | 'renew' | 'acquireTimeoutMs'> {
  /** Whether several clients share a process, and what the lock keeps in it. */
  readonly several: boolean;
}

/** So many lease lengths make a lease long. */
const LONG = 5;
/** Of a length that has no factor in common with the number of keys. */
const CYCLES = 11;
const SHORT_HOLD_MS = 60;

/**
 * A long lease outlasts what whoever waits may take after a release: what the release did not free shows then, and not when the
 * lease ends. So it does what whoever waits asks for himself: one who judges a holder by his own lease takes the lock from it.
 * Waiters wait long enough to tell.
 */
export function variedArbitrary({ leaseMs, handoverMs, leastLeaseMs }: VariedSizes): Arbitrary<Varied> {
  const long = Math.round(Math.max(leaseMs * LONG, handoverMs * 2));
  const short = Math.max(leastLeaseMs, Math.round(leaseMs / 2));
  const cycle = (lease: number, from: number, to: number): Arbitrary<{ lease: number; hold: number }> =>
    fc.record({ lease: fc.constant(lease), hold: fc.integer({ min: Math.round(from), max: Math.round(to) }) });
  const cycles = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: cycle(leaseMs, 1, SHORT_HOLD_MS) },
      { weight: 2, arbitrary: cycle(long, 1, SHORT_HOLD_MS) },
      { weight: 2, arbitrary: cycle(long, leaseMs, leaseMs * 1.5) },
      { weight: 1, arbitrary: cycle(short, short / 4, short * 1.5) },
      { weight: 1, arbitrary: cycle(leaseMs, leaseMs, leaseMs * 1.5) },
    ),
    { minLength: CYCLES, maxLength: CYCLES },
  );
  return fc.record({ cycles, renew: fc.boolean(), several: fc.boolean() }).map((drawn) => ({
    holdsMs: drawn.cycles.map(({ hold }) => hold),
    leasesMs: drawn.cycles.map(({ lease }) => lease),
    renew: drawn.renew,
    several: drawn.several,
    acquireTimeoutMs: Math.round(Math.max(leaseMs * 4, handoverMs * 1.2 + leaseMs * 1.5)),
  }));
}
