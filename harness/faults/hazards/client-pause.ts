/** `client-pause`: SIGSTOP of a worker, then SIGCONT. */
import { repeat } from '../../plan/draw.ts';
import { ofWorkers, workersOf } from '../client.ts';
import { outlastedLease } from '../evidence.ts';
import type { HazardDefinition } from '../hazard.ts';

export const clientPause: HazardDefinition = {
  ...ofWorkers,
  name: 'client-pause',
  summary: 'The process of one worker stands still for longer than a lease (SIGSTOP).',
  bitWhen: 'a deadline passed while the worker was stopped and holding',
  repeated: true,
  smoke: true,
  draw: (draw) => [
    ...repeat(2, draw.onProcess({ aim: ['acquire.ok'], durationMs: draw.ms(draw.lease * 1.2, draw.lease * 1.6) })),
    // With an answer on the way: between two commands of the lock.
    draw.onProcess({
      aim: ['acquire.invoke'],
      inFlight: true,
      durationMs: draw.ms(draw.lease * 1.1, draw.lease * 1.4),
    }),
    draw.onProcess({
      aim: ['release.invoke'],
      inFlight: true,
      durationMs: draw.ms(draw.lease * 1.1, draw.lease * 1.4),
    }),
  ],
  async apply(targets, fault) {
    const workers = workersOf(targets, fault);
    for (const worker of workers) worker.signal('SIGSTOP');
    return {
      heal: async () => {
        for (const worker of workers) worker.signal('SIGCONT');
      },
    };
  },
  bit: outlastedLease,
  variants: (scope) => scope.onProcesses({ durationMs: scope.beyond }),
};
