/** `client-clock-jump`: the wall clock of a worker jumps, and stays there. */
import fc from 'fast-check';
import { repeat } from '../../plan/draw.ts';
import { ofWorkers, workersOf } from '../client.ts';
import { haveJumped, JUMP_LASTS_MS, JUMP_LEASES } from '../clock.ts';
import { wasSeen } from '../evidence.ts';
import type { HazardDefinition } from '../hazard.ts';

export const clientClockJump: HazardDefinition = {
  ...ofWorkers,
  name: 'client-clock-jump',
  summary: 'The wall clock of one worker jumps forth or back by more than a lease.',
  takesLocks: 'its clock is set, so that it takes another moment for the end of a lease',
  bitWhen: 'the time that the worker itself tells showed it',
  movesClockOf: 'worker',
  draw: (draw) =>
    repeat(
      2,
      draw.onProcess({
        aim: ['acquire.ok', 'acquire.invoke'],
        durationMs: draw.ms(300, 500),
        jumpMs: fc.constantFrom(-JUMP_LEASES, JUMP_LEASES).map((leases) => leases * draw.lease),
      }),
    ),
  async apply(targets, fault) {
    const jumpMs = fault.jumpMs ?? 0;
    const workers = workersOf(targets, fault);
    for (const worker of workers) worker.setClock(jumpMs);
    const clocksMs = await Promise.all(workers.map((worker) => worker.wallClockMs()));
    return { seen: haveJumped(clocksMs, jumpMs), heal: async () => undefined };
  },
  bit: wasSeen,
  variants: (scope) =>
    [JUMP_LEASES, -JUMP_LEASES].flatMap((leases) =>
      scope.onProcesses({ durationMs: JUMP_LASTS_MS, jumpMs: leases * scope.lease }),
    ),
};
