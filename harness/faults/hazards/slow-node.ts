/** `slow-node`: some servers are slow for everybody. */
import fc from 'fast-check';
import { wasDelayed } from '../evidence.ts';
import type { HazardDefinition } from '../hazard.ts';
import { delay, ofLinks } from '../network.ts';

export const slowNode: HazardDefinition = {
  ...ofLinks,
  name: 'slow-node',
  summary: 'What crosses the links of all workers to a minority of the servers is delayed.',
  bitWhen: 'a command took as long as the delay',
  draw: (draw) =>
    draw.leaderThenAny(draw.minority, {
      delayMs: fc.oneof(draw.delay(1 / 4), draw.ms(draw.lease / 2, draw.lease * 1.2)),
      direction: draw.direction,
      durationMs: draw.ms(draw.lease * 0.7, draw.lease * 1.3),
      workers: fc.constant(draw.allWorkers),
    }),
  apply: delay,
  bit: wasDelayed,
  variants: (scope) =>
    scope.onAllLinks(scope.minority, {
      direction: 'both',
      delayMs: Math.round(scope.lease * 0.6),
      durationMs: scope.beyond,
    }),
};
