/** The faults of one hazard in one plan, as fast-check arbitraries: what is drawn, and from which ranges. */
import fc, { type Arbitrary } from 'fast-check';
import type { Hazard } from 'holdfast-locks/internal/claims';
import { Draw, type Drawn, type FaultWithoutId, type LaneSizes } from './draw.ts';

/** Faults of one lane follow one another. */
export function laneArbitrary(hazard: Hazard, sizes: LaneSizes): Arbitrary<FaultWithoutId[]> {
  if (hazard === 'none') return fc.constant([]);
  return fc.tuple(...LANES[hazard](new Draw(sizes))).map((faults) => faults.map((fault) => ({ hazard, ...fault })));
}

type Lane = (draw: Draw) => Arbitrary<Drawn>[];

const repeat = (times: number, fault: Arbitrary<Drawn>): Arbitrary<Drawn>[] =>
  Array.from({ length: times }, () => fault);

const LANES: Readonly<Record<Exclude<Hazard, 'none'>, Lane>> = {
  latency: (draw) => [
    // Short delays widen the windows between two commands.
    draw.onWorker({ delayMs: draw.ms(40, draw.lease / 3), direction: draw.direction, durationMs: draw.ms(300, 500) }),
    // Replies that arrive when the lease has ended: late for two clients, while the others go on.
    ...repeat(2, draw.spike),
    draw.onHalf({
      delayMs: draw.ms(draw.lease * 0.9, draw.lease * 1.3),
      direction: fc.constantFrom('request' as const, 'reply' as const, 'reply' as const),
      durationMs: draw.ms(draw.lease * 2, draw.lease * 2.5),
    }),
  ],
  'slow-node': (draw) =>
    draw.twice(draw.minority, {
      delayMs: fc.oneof(draw.ms(40, draw.lease / 4), draw.ms(draw.lease / 2, draw.lease * 1.2)),
      direction: draw.direction,
      durationMs: draw.ms(draw.lease * 0.7, draw.lease * 1.3),
      workers: fc.constant(draw.allWorkers),
    }),
  'late-request': (draw) =>
    repeat(
      2,
      draw.onWorker({
        until: ['acquire.invoke', 'release.invoke'],
        delayMs: draw.ms(draw.lease * 1.05, draw.lease * 1.3),
        direction: fc.constant('request' as const),
        durationMs: fc.constant(Math.round(draw.lease * 1.4)),
      }),
    ),
  reset: (draw) =>
    repeat(
      4,
      draw.onWorker({
        aim: ['acquire.invoke', 'acquire.ok', 'release.invoke'],
        delayMs: draw.ms(40, 90),
        direction: fc.constantFrom('request' as const, 'reply' as const),
        durationMs: draw.ms(100, 250),
      }),
    ),
  'lost-reply': (draw) =>
    repeat(
      3,
      draw.onWorker({
        aim: ['acquire.invoke', 'acquire.ok', 'release.invoke'],
        direction: fc.constant('reply' as const),
        durationMs: draw.ms(150, 350),
      }),
    ),
  'client-partition': (draw) =>
    repeat(
      2,
      draw.onWorker({
        aim: ['acquire.ok', 'acquire.invoke'],
        direction: fc.constant('both' as const),
        durationMs: draw.ms(draw.lease * 1.2, draw.lease * 1.6),
      }),
    ),
  'client-pause': (draw) => [
    ...repeat(2, draw.onProcess({ aim: ['acquire.ok'], durationMs: draw.ms(draw.lease * 1.2, draw.lease * 1.6) })),
    // With an answer on the way: between two commands of the lock.
    draw.onProcess({
      aim: ['acquire.invoke'],
      inFlight: true,
      durationMs: draw.ms(draw.lease * 1.1, draw.lease * 1.4),
    }),
    draw.onProcess({
      aim: ['release.invoke'],
      inFlight: true,
      durationMs: draw.ms(draw.lease * 1.1, draw.lease * 1.4),
    }),
  ],
  'client-crash': (draw) => [
    draw.onProcess({ aim: ['acquire.ok'], durationMs: draw.ms(20, 80) }),
    ...repeat(3, draw.onProcess({ aim: ['acquire.invoke'], inFlight: true, durationMs: draw.ms(20, 80) })),
  ],
  'client-clock-jump': (draw) =>
    repeat(
      2,
      draw.onProcess({
        aim: ['acquire.ok', 'acquire.invoke'],
        durationMs: draw.ms(300, 500),
        jumpMs: fc.constantFrom(-10, 10).map((leases) => leases * draw.lease),
      }),
    ),
  'server-pause': (draw) => draw.twice(draw.minority, { durationMs: draw.ms(draw.lease / 2, draw.lease * 1.3) }),
  'server-crash': (draw) => draw.twice(1, { aimed: true, durationMs: draw.ms(20, 250) }),
  // Losing the data of most independent nodes is what shows that a quorum needs its disks.
  'server-crash-volatile': (draw) =>
    repeat(2, draw.onNodes(draw.forgetful, { aimed: true, durationMs: draw.ms(20, 250) })),
  failover: (draw) => [draw.onLeader({ aimed: true, durationMs: draw.ms(20, 250) })],
  'minority-partition': (draw) =>
    draw.replicated
      ? draw.twice(draw.minority, { durationMs: draw.ms(draw.lease * 2, draw.lease * 5) })
      : repeat(
          2,
          draw.onNodes(draw.minority, {
            direction: fc.constant('both' as const),
            durationMs: draw.ms(draw.lease * 0.8, draw.lease * 1.4),
            workers: fc.shuffledSubarray([...draw.allWorkers], { minLength: Math.ceil(draw.allWorkers.length / 2) }),
          }),
        ),
  'majority-partition': (draw) => [
    draw.replicated
      ? draw.onNodes(draw.majority, { durationMs: draw.ms(draw.lease * 2, draw.lease * 4) })
      : draw.onNodes(draw.majority, {
          direction: fc.constant('both' as const),
          durationMs: draw.ms(draw.lease, draw.lease * 1.4),
          workers: fc.constant(draw.allWorkers),
        }),
  ],
  'clock-jump': (draw) => [
    draw.onNodes(1, { aimed: true, durationMs: draw.ms(300, 500), jumpMs: fc.constant(draw.lease * 10) }),
  ],
  'clock-jump-back': (draw) => [
    draw.onNodes(1, { aimed: true, durationMs: draw.ms(300, 500), jumpMs: fc.constant(draw.lease * -10) }),
  ],
  'clock-jump-majority': (draw) => [
    draw.onNodes(draw.majority, { aimed: true, durationMs: draw.ms(300, 500), jumpMs: fc.constant(draw.lease * 10) }),
  ],
};
