import type { Scenario } from '../harness/resource/scenario.ts';

/** Read the counter, work, write it back plus one: an update is lost whenever two clients do this at the same time. */
export const scenario: Scenario = {
  name: 'shared-counter',
  summary: 'increments a shared counter by a read and a write under one lease, through a plain and a fenced door',
  async cycle(use) {
    const seen = await use.read();
    await use.work();
    if (!use.lost) await use.write(seen);
  },
};
