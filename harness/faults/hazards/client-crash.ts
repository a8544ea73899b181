/** `client-crash`: SIGKILL of a worker, then a new process with the same task. */
import { repeat } from '../../plan/draw.ts';
import { ofWorkers, workersOf } from '../client.ts';
import type { HazardDefinition } from '../hazard.ts';

export const clientCrash: HazardDefinition = {
  ...ofWorkers,
  name: 'client-crash',
  summary: 'The process of one worker is killed (SIGKILL), and a new one goes on with its task.',
  bitWhen: 'the worker was holding or acquiring',
  killsWorkers: true,
  repeated: true,
  smoke: true,
  draw: (draw) => [
    draw.onProcess({ aim: ['acquire.ok'], durationMs: draw.ms(20, 80) }),
    ...repeat(3, draw.onProcess({ aim: ['acquire.invoke'], inFlight: true, durationMs: draw.ms(20, 80) })),
  ],
  async apply(targets, fault) {
    await Promise.all(workersOf(targets, fault).map((worker) => worker.kill()));
    return {
      heal: async () => {
        await Promise.all(fault.workers.map((worker) => targets.revive(worker)));
      },
    };
  },
  bit: ({ operations, leases, window, touches }) =>
    operations.some(({ worker, f, from }) => touches(worker) && f === 'acquire' && from <= window.from) ||
    leases.some(({ worker }) => touches(worker)),
  variants: (scope) => scope.onProcesses({ durationMs: 50 }),
};
