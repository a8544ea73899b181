/** `late-request`: a command arrives when whoever sent it has given up. */
import fc from 'fast-check';
import { repeat } from '../../plan/draw.ts';
import { tookTheDelay } from '../evidence.ts';
import type { HazardDefinition } from '../hazard.ts';
import { delay, ofLinks } from '../network.ts';

export const lateRequest: HazardDefinition = {
  ...ofLinks,
  name: 'late-request',
  summary: 'Commands of one worker are held back for longer than its client waits, and then arrive.',
  bitWhen: 'a command was carried out after its client had given up',
  draw: (draw) =>
    repeat(
      2,
      draw.onWorker({
        until: ['acquire.invoke', 'release.invoke'],
        delayMs: draw.overdue,
        direction: fc.constant('request' as const),
        durationMs: fc.constant(Math.round(draw.lease * 1.4)),
      }),
    ),
  apply: delay,
  // Answered, so executed; and later than any timeout of the client's.
  bit: (evidence) => evidence.wires.some((wire) => wire.end === 'reply' && tookTheDelay(evidence, wire)),
  variants: (scope) => scope.onLinks({ direction: 'request', delayMs: scope.late, durationMs: scope.beyond }),
};
