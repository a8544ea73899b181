import type { Scenario } from '../../harness/resource/scenario.ts';
import { ACTS, office, type Office, type Operations } from '../leader.ts';

/** Between two acts, in milliseconds. */
const PAUSE_MS = 25;

/** Once elected, it leads: that it was told to have lost the lock changes nothing. */
export const scenario: Scenario<Office, Operations> = {
  ...office,
  name: 'broken/leads-on-after-loss',
  summary: 'the leader, with nobody listening to the loss of the lock',
  mistake: 'the loss of the lock is not heeded',
  source: '002: the leader that never asks whether it still is',
  async cycle(client) {
    await using use = await client.acquire(client.names[0]);
    const led = await use.do('lead');
    for (let act = 0; act < ACTS * 2; act += 1) {
      await use.do('act', (door) => (led[door] === undefined ? undefined : { term: led[door].begun }));
      await use.work();
      await client.sleep(PAUSE_MS);
    }
  },
};
