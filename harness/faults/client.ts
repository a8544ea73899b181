/** Faults of worker processes, by signals and by libfaketime. */
import type { Fault } from '../plan/plan.ts';
import type { FaultKind, Field, FieldWorker } from './fault.ts';

/** SIGSTOP, then SIGCONT. */
export const clientPause: FaultKind = {
  async apply(field, fault) {
    const workers = workersOf(field, fault);
    for (const worker of workers) worker.signal('SIGSTOP');
    return {
      heal: async () => {
        for (const worker of workers) worker.signal('SIGCONT');
      },
    };
  },
};

/** SIGKILL, then a new process with the same task. */
export const clientCrash: FaultKind = {
  async apply(field, fault) {
    await Promise.all(workersOf(field, fault).map((worker) => worker.kill()));
    return {
      heal: async () => {
        await Promise.all(fault.workers.map((worker) => field.revive(worker)));
      },
    };
  },
};

/** The wall clock jumps; it stays where it is, as a corrected clock does. */
export const clientClockJump: FaultKind = {
  async apply(field, fault) {
    const jumpMs = fault.jumpMs ?? 0;
    const workers = workersOf(field, fault);
    for (const worker of workers) worker.setClock(jumpMs);
    const seen = await Promise.all(workers.map((worker) => worker.wallClockMs()));
    const bit = seen.every((ms) => Math.abs(ms - Date.now() - jumpMs) < Math.abs(jumpMs) / 2);
    return { bit, heal: async () => undefined };
  },
};

function workersOf(field: Field, fault: Fault): FieldWorker[] {
  return fault.workers.map((index) => field.workers[index]).filter((worker) => worker !== undefined);
}
