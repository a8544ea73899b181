import type { Scenario } from '../../harness/resource/scenario.ts';
import { gate, LIMIT, WINDOW_MS, type Gate, type Operations } from '../rate-limit.ts';

/** Until it looks at its clock again, in milliseconds. */
const WAIT_MS = 2;

/**
 * Each client stamps by its own clock, and waits by it until it may pass; for one that is ahead, the window is over early.
 */
export const scenario: Scenario<Gate, Operations> = {
  ...gate,
  name: 'broken/clients-clocks',
  summary: 'the rate limit, counted by the clocks of the clients',
  mistake: 'times of several clocks are compared as if there were one',
  source: '001: time stamps that every node makes itself',
  async cycle(client) {
    await using use = await client.acquire(client.names[0]);
    await use.work();
    const seen = await use.do('list');
    const passes = seen.plain?.passes ?? [];
    const inWindow = (): number => passes.filter((at) => at > client.now() - WINDOW_MS).length;
    while (inWindow() >= LIMIT && !use.lost && !client.ended.aborted) await client.sleep(WAIT_MS);
    if (!use.lost) await use.do('pass', { stampMs: client.now() });
  },
};
