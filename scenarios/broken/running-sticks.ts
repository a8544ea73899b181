import type { Scenario } from '../../harness/resource/scenario.ts';
import { task, type Operations, type Task } from '../scheduled-task.ts';

/** The task is marked as running; who dies or fails before the end leaves the mark, and nobody ever runs it again. */
export const scenario: Scenario<Task, Operations> = {
  ...task,
  name: 'broken/running-sticks',
  summary: 'the scheduled task, with a mark of its own that it is running, beside the lock',
  mistake: 'a mark without an end outlives whoever set it',
  source: '003 §6.3',
  async cycle(client) {
    await using use = await client.acquire(client.names[0]);
    const seen = await use.do('look');
    const { status, period = 0 } = seen.plain ?? {};
    if (status !== 'due') {
      await use.do('leave', { left: period });
      return;
    }
    await use.do('start', { begun: period });
    await use.work();
    if (use.lost) return;
    await use.do('finish', { ran: period });
  },
};
