import type { Scenario } from '../../harness/resource/scenario.ts';
import { task, type Operations, type Task } from '../scheduled-task.ts';

/** Everybody who saw that the task is due waits for the lock, and runs the task when it is granted. */
export const scenario: Scenario<Task, Operations> = {
  ...task,
  name: 'broken/waits-then-runs-again',
  summary: 'the scheduled task, with nobody looking again whether it is due when the lock is granted',
  mistake: 'who waited for the lock does not look again',
  source: '000: the task that every node waits to run',
  async cycle(client) {
    const seen = await client.do('look');
    if (seen.plain?.status !== 'due') return;
    await using use = await client.acquire(client.names[0]);
    await use.work();
    if (use.lost) return;
    await use.do('finish', (door) => (seen[door]?.status === 'due' ? { ran: seen[door].period } : undefined));
  },
};
