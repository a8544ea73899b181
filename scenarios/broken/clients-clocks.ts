import type { Scenario } from '../../harness/resource/scenario.ts';
import { gate, LIMIT, WINDOW_MS, type Gate, type Operations } from '../rate-limit.ts';

/** Each client stamps and counts by its own clock; for one that is ahead, the window is over early. */
export const scenario: Scenario<Gate, Operations> = {
  ...gate,
  name: 'broken/clients-clocks',
  summary: 'the rate limit, counted by the clocks of the clients',
  mistake: 'times of several clocks are compared as if there were one',
  source: '001: time stamps that every node makes itself',
  async cycle(client) {
    await using use = await client.acquire(client.names[0]);
    const seen = await use.do('list');
    await use.work();
    if (use.lost) return;
    const nowMs = client.now();
    await use.do('pass', (door) => {
      const inWindow = seen[door]?.passes.filter((at) => at > nowMs - WINDOW_MS).length ?? LIMIT;
      return inWindow < LIMIT ? { stampMs: nowMs } : undefined;
    });
  },
};
