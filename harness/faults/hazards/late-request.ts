/** `late-request`: a command arrives when whoever sent it has given up. */
import fc from 'fast-check';
import { tookTheDelay } from '../evidence.ts';
import type { HazardDefinition } from '../hazard.ts';
import { delay, ofLinks } from '../network.ts';

export const lateRequest: HazardDefinition = {
  ...ofLinks,
  name: 'late-request',
  summary: 'Commands of one worker are held back for longer than its client waits, and then arrive.',
  bitWhen: 'a command was carried out after its client had given up',
  draw: (draw) =>
    draw.overdue.map((overdue) =>
      draw.onWorker({
        until: ['acquire.invoke', 'release.invoke'],
        direction: fc.constant('request' as const),
        ...overdue,
      }),
    ),
  apply: delay,
  // Answered, so executed; and later than any timeout of the client's.
  bit: (evidence) => evidence.wires.some((wire) => wire.end === 'reply' && tookTheDelay(evidence, wire)),
  variants: (scope) => scope.onLinks({ direction: 'request', delayMs: scope.late, durationMs: scope.beyond }),
};
