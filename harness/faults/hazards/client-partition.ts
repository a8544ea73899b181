/** `client-partition`: one worker is cut from every server. */
import fc from 'fast-check';
import { repeat } from '../../plan/draw.ts';
import { outlastedLease, wentUnanswered } from '../evidence.ts';
import type { HazardDefinition } from '../hazard.ts';
import { blackHole, ofLinks } from '../network.ts';

export const clientPartition: HazardDefinition = {
  ...ofLinks,
  name: 'client-partition',
  summary: 'One worker is cut from every server, both ways, for longer than a lease.',
  bitWhen: 'a command went unanswered, or a deadline of the worker passed inside the cut',
  strikes: 'worker',
  draw: (draw) =>
    repeat(
      2,
      draw.onWorker({
        aim: ['acquire.ok', 'acquire.invoke'],
        direction: fc.constant('both' as const),
        durationMs: draw.ms(draw.lease * 1.2, draw.lease * 1.6),
      }),
    ),
  apply: blackHole,
  bit: (evidence) => wentUnanswered(evidence) || outlastedLease(evidence),
  variants: (scope) => scope.onLinks({ direction: 'both', durationMs: scope.beyond }),
};
