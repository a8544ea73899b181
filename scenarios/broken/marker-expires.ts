import type { Scenario } from '../../harness/resource/scenario.ts';
import { task, type Operations, type Task } from '../scheduled-task.ts';

/** Far less than a period. */
const KNOWN_FOR_MS = 40;

/** That the task has run is kept for a while only; who comes later in the same period runs it again. */
export const scenario: Scenario<Task, Operations> = {
  ...task,
  name: 'broken/marker-expires',
  summary: 'the scheduled task, with a mark that it has run which expires within the period',
  mistake: 'the mark that something is done expires while it still matters',
  source: '003 §6.1',
  async cycle(client) {
    await using use = await client.acquire(client.names[0]);
    const seen = await use.do('look');
    if (seen.plain?.status !== 'due') return;
    await use.work();
    if (use.lost) return;
    await use.do('finish', { ran: seen.plain.period, knownForMs: KNOWN_FOR_MS });
  },
};
