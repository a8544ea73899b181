/** `slow-node`: some servers are slow for everybody. */
import fc, { type Arbitrary } from 'fast-check';
import type { NodeEffects } from '../../plan/draw.ts';
import { wasDelayed } from '../evidence.ts';
import type { HazardDefinition } from '../hazard.ts';
import { delay, ofLinks } from '../network.ts';

export const slowNode: HazardDefinition = {
  ...ofLinks,
  name: 'slow-node',
  summary: 'What crosses the links of all workers to a minority of the servers is delayed.',
  bitWhen: 'a command took as long as the delay',
  draw(draw) {
    const slowBy = (delayMs: Arbitrary<number>): NodeEffects => ({
      delayMs,
      direction: draw.direction,
      durationMs: draw.ms(draw.lease * 0.7, draw.lease * 1.3),
      workers: fc.constant(draw.allWorkers),
    });
    const short = draw.delay(1 / 4);
    const shortOrLong = slowBy(fc.oneof(short, draw.ms(draw.lease / 2, draw.lease * 1.2)));
    // What takes as long as a long lease is given up: once, clients wait for what is slow.
    return draw.leaderThenAny(draw.minority, shortOrLong, draw.outlastsClients ? slowBy(short) : shortOrLong);
  },
  apply: delay,
  bit: wasDelayed,
  variants: (scope) =>
    scope.onAllLinks(scope.minority, {
      direction: 'both',
      delayMs: Math.round(scope.lease * 0.6),
      durationMs: scope.beyond,
    }),
};
