/** `reset`: connections of one worker break while a command is under way: its request, or its reply, is dropped. */
import fc from 'fast-check';
import { repeat } from '../../plan/draw.ts';
import type { HazardDefinition } from '../hazard.ts';
import { ofLinks, onLinks } from '../network.ts';

export const reset: HazardDefinition = {
  ...ofLinks,
  name: 'reset',
  summary: 'Connections of one worker are reset while a command is under way.',
  bitWhen: 'a connection was closed under a command',
  draw: (draw) =>
    repeat(
      4,
      draw.onWorker({
        aim: ['acquire.invoke', 'acquire.ok', 'release.invoke'],
        delayMs: draw.ms(40, 90),
        direction: fc.constantFrom('request' as const, 'reply' as const),
        durationMs: draw.ms(100, 250),
      }),
    ),
  apply: (targets, fault) =>
    onLinks(targets, fault, (link) => link.reset(fault.delayMs ?? 0, fault.direction ?? 'reply')),
  bit: ({ wires }) => wires.some(({ end }) => end === 'closed'),
  variants: (scope) => scope.onEitherWay({ delayMs: 40, durationMs: 200 }),
};
