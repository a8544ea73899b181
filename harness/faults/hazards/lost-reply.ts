/** `lost-reply`: commands are carried out, and nobody is told. */
import fc from 'fast-check';
import { repeat } from '../../plan/draw.ts';
import { wentUnanswered } from '../evidence.ts';
import type { HazardDefinition } from '../hazard.ts';
import { blackHole, ofLinks } from '../network.ts';

export const lostReply: HazardDefinition = {
  ...ofLinks,
  name: 'lost-reply',
  summary: 'Commands of one worker arrive, and their answers are dropped.',
  bitWhen: 'a command went unanswered, or its connection was closed',
  draw: (draw) =>
    repeat(
      3,
      draw.onWorker({
        aim: ['acquire.invoke', 'acquire.ok', 'release.invoke'],
        direction: fc.constant('reply' as const),
        durationMs: draw.ms(150, 350),
      }),
    ),
  apply: blackHole,
  bit: wentUnanswered,
  variants: (scope) => scope.onLinks({ direction: 'reply', durationMs: 250 }),
};
