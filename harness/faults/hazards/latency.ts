/** `latency`: what crosses the links of some workers is late. */
import fc from 'fast-check';
import { repeat } from '../../plan/draw.ts';
import { wasDelayed } from '../evidence.ts';
import type { HazardDefinition } from '../hazard.ts';
import { delay, ofLinks } from '../network.ts';

export const latency: HazardDefinition = {
  ...ofLinks,
  name: 'latency',
  summary: 'Commands or answers on the links of some workers are delayed, also beyond the lease.',
  bitWhen: 'a command took as long as the delay',
  repeated: true,
  smoke: true,
  draw: (draw) => [
    // Short delays widen the windows between two commands.
    draw.onWorker({
      delayMs: draw.delay(1 / 3),
      direction: draw.direction,
      durationMs: draw.ms(300, 500),
      // Beside the others, which last as long as leases, it is short: somebody is to be there.
      ...(draw.outlastsClients && { until: ['acquire.invoke', 'release.invoke'] as const }),
    }),
    // Replies that arrive when the lease has ended: late for two clients, while the others go on.
    ...repeat(2, draw.delayedReplies),
    draw.onHalf({
      delayMs: draw.ms(draw.lease * 0.9, draw.lease * 1.3),
      direction: fc.constantFrom('request' as const, 'reply' as const, 'reply' as const),
      durationMs: draw.ms(draw.lease * 2, draw.lease * 2.5),
    }),
  ],
  apply: delay,
  bit: wasDelayed,
  variants: (scope) => scope.onEitherWay({ delayMs: scope.late, durationMs: scope.beyond }),
};
