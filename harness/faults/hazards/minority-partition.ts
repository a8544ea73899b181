/** `minority-partition`: fewer than half of the servers are cut off. */
import fc from 'fast-check';
import { repeat } from '../../plan/draw.ts';
import { dataNodesOf } from '../../plan/plan.ts';
import { wentUnanswered } from '../evidence.ts';
import { onServers, type HazardDefinition } from '../hazard.ts';
import { ofPartitions, partition } from '../network.ts';

export const minorityPartition: HazardDefinition = {
  ...ofPartitions,
  name: 'minority-partition',
  summary: 'Fewer than half of the servers are cut from the others; independent ones, from some workers.',
  bitWhen: 'a command to a server that was cut off went unanswered, or a primary that asks nobody went on granting',
  availableOn: (topology, backend) => onServers(topology, backend) && dataNodesOf(topology) > 2,
  draw: (draw) =>
    draw.replicated
      ? draw.leaderThenAny(draw.minority, { durationMs: draw.leases(2, 5) })
      : repeat(
          2,
          draw.onNodes(draw.minority, {
            direction: fc.constant('both' as const),
            durationMs: draw.ms(draw.lease * 0.8, draw.lease * 1.4),
            workers: fc.shuffledSubarray([...draw.allWorkers], { minLength: Math.ceil(draw.allWorkers.length / 2) }),
          }),
        ),
  apply: partition,
  bit: (evidence) =>
    wentUnanswered(evidence) ||
    // A primary that need not ask its replicas goes on by itself: it is the cut that matters then.
    (evidence.asynchronous && evidence.fault.leader === true && evidence.operations.some(({ f }) => f === 'acquire')),
  variants: (scope) => scope.onLinks({ direction: 'both', durationMs: scope.beyond }, scope.minority),
};
