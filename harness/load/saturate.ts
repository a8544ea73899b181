/** Searching for the capacity of a lock that is being loaded. */
import type { Bench } from './bench.ts';
import { atShares, isSaturated, searchCapacity, type Offer } from './saturation.ts';
import { OPEN_CLIENTS, type LoadShape } from './settings.ts';

/** Of each stretch's length, so much goes before it. */
const WARM_UP_SHARE = 0.25;

/**
 * Begins with what the rounds until now have done; about ten stretches of this length. What it finds is noted with the
 * benchmark.
 */
export async function saturate(bench: Bench, shape: LoadShape, stepMs: number): Promise<void> {
  const offer: Offer = async (perSecond) => {
    const stretch = await bench.stretch(openShape(shape, perSecond, stepMs));
    const { throughput, acquire } = stretch.round;
    return { throughput, acquire, kept: !isSaturated(stretch) };
  };
  const found = await searchCapacity(bench.figures().throughput ?? 1, offer);
  bench.note({ saturation: { ...found, shares: await atShares(found.capacity, offer) } });
}

/** The same load, but offered at a rate. */
function openShape(shape: LoadShape, perSecond: number, stepMs: number): LoadShape {
  return {
    ...shape,
    mode: { kind: 'open', perSecond, arrivals: 'poisson' },
    clientsPerWorker: Math.max(shape.clientsPerWorker, OPEN_CLIENTS),
    warmUpMs: stepMs * WARM_UP_SHARE,
    durationMs: stepMs,
  };
}
