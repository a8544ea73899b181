/** The workers of one run: each has its task, and has it again when a fault has killed it. */
import type { FaultTargets } from '../faults/targets.ts';

export interface Staff extends Pick<FaultTargets, 'revive'> {
  /** Gives everybody the task. */
  begin(): void;
  /** Whether any was killed. */
  readonly revived: boolean;
}

/**
 * @param start makes a new process of a worker that was killed
 * @param assign gives it its task; `incarnation`: how often it was killed before in this run
 */
export function staffOf<Worker>(
  workers: readonly Worker[],
  start: (worker: Worker) => Promise<void>,
  assign: (worker: Worker, incarnation: number) => void,
): Staff {
  const incarnations = workers.map(() => 0);
  return {
    begin: () => {
      for (const worker of workers) assign(worker, 0);
    },
    revive: async (index) => {
      const worker = workers[index];
      if (worker === undefined) return;
      const incarnation = (incarnations[index] ?? 0) + 1;
      incarnations[index] = incarnation;
      await start(worker);
      assign(worker, incarnation);
    },
    get revived() {
      return incarnations.some((count) => count > 0);
    },
  };
}
