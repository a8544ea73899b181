/** How much a lock can do: whether it was offered more, and a search for the rate at which that begins. */
import type { Load } from '../report/load.ts';

/** Of what is offered, so much must be done while it is measured. */
const KEPT_SHARE = 0.97;
/** Of the arrivals, so many may be dropped: those of a short stall, made up for afterwards. */
const DROPPED_SHARE = 0.01;

/** Of an open loop: its backlog grew, or arrivals found no room. Closed loops offer what is taken. */
export function isSaturated({ offered, rounds }: Pick<Load, 'offered' | 'rounds'>): boolean {
  if (offered === undefined || offered.arrivals === 0) return false;
  if (offered.dropped > offered.arrivals * DROPPED_SHARE) return true;
  const cycles = rounds.reduce((sum, round) => sum + round.cycles, 0);
  return cycles < offered.arrivals * KEPT_SHARE;
}

type Saturation = NonNullable<Load['saturation']>;
export type Step = Saturation['steps'][number];
type Share = Saturation['shares'][number];

/** One stretch of an open loop at this many requests per second. */
export type Offer = (perSecond: number) => Promise<Pick<Share, 'throughput' | 'acquire'> & { readonly kept: boolean }>;

/** Up by this much until it is too much; then halves of what lies between. */
const UP = 1.4;
/** Down by this much at least while even the least was too much. */
const DOWN = 1.2;
/** The search ends when the least that was too much is no further above the most that was kept. */
const CLOSE_ENOUGH = 1.06;
const STEPS_AT_MOST = 12;
/** What came so near is tried once more: it may have been the machine. */
const NEAR = 0.85;
/** Below this there is nothing left to be found. */
const LEAST_PER_SECOND = 1;

const SHARES = [0.5, 0.8, 0.95] as const;

/** @param first what a closed loop did: near the capacity, but not it */
export async function searchCapacity(first: number, offer: Offer): Promise<Pick<Saturation, 'capacity' | 'steps'>> {
  const steps: Step[] = [];
  let kept = 0;
  let tooMuch = Infinity;
  let next = Math.max(first, LEAST_PER_SECOND);
  let tried = 0;
  while (steps.length < STEPS_AT_MOST && next >= LEAST_PER_SECOND && tooMuch > kept * CLOSE_ENOUGH) {
    const { throughput, acquire, kept: isKept } = await offer(next);
    steps.push({ offeredPerSecond: next, achievedPerSecond: throughput, acquireP99: acquire.p99, kept: isKept });
    tried += 1;
    if (!isKept && tried === 1 && throughput > next * NEAR) continue;
    tried = 0;
    if (isKept) kept = next;
    else tooMuch = next;
    if (tooMuch === Infinity) next *= UP;
    else next = kept === 0 ? Math.min(next / DOWN, throughput) : (kept + tooMuch) / 2;
  }
  return { capacity: kept, steps };
}

/** Latencies at shares of the capacity: what a lock costs when it is not asked for all that it has. */
export async function atShares(capacity: number, offer: Offer): Promise<Share[]> {
  const shares: Share[] = [];
  for (const share of capacity === 0 ? [] : SHARES) {
    const offeredPerSecond = capacity * share;
    const { throughput, acquire } = await offer(offeredPerSecond);
    shares.push({ share, offeredPerSecond, throughput, acquire });
  }
  return shares;
}
