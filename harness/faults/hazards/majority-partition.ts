/** `majority-partition`: more than half of the servers are cut off. */
import fc from 'fast-check';
import { onServers, type HazardDefinition } from '../hazard.ts';
import { ofPartitions, partition } from '../network.ts';

export const majorityPartition: HazardDefinition = {
  ...ofPartitions,
  name: 'majority-partition',
  summary:
    'More than half of the servers are cut from the others; independent ones, or the only one, from all workers.',
  bitWhen: 'an acquire failed, or waited until the end of the cut',
  availableOn: onServers,
  draw: (draw) => [
    draw.replicated
      ? draw.onNodes(draw.majority, { durationMs: draw.leases(2, 4) })
      : draw.onNodes(draw.majority, {
          direction: fc.constant('both' as const),
          durationMs: draw.ms(draw.lease, draw.lease * 1.4),
          workers: fc.constant(draw.allWorkers),
        }),
  ],
  apply: partition,
  bit: ({ operations, window, touches }) =>
    operations.some(
      ({ worker, f, completed, to }) => f === 'acquire' && touches(worker) && (completed !== 'ok' || to >= window.to),
    ),
  variants: (scope) => scope.onAllLinks(scope.majority, { direction: 'both', durationMs: scope.beyond }),
};
