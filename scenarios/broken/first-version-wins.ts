import type { Scenario } from '../../harness/resource/scenario.ts';
import { change, config, type Config, type Operations } from '../config-reload.ts';

/** The first of a burst reloads what it saw when it began; the others find the lock taken, and trust that it reloads theirs. */
export const scenario: Scenario<Config, Operations> = {
  ...config,
  name: 'broken/first-version-wins',
  summary: 'the reload, with what is loaded looked at before the burst is over, and left to whoever has the lock',
  mistake: 'who holds the lock has begun before the change that it is trusted with',
  source: '002',
  async cycle(client) {
    const last = await change(client);
    const use = await client.tryAcquire(client.names[0]);
    if (use !== undefined) {
      await using held = use;
      const seen = await held.do('look');
      await held.work();
      if (held.lost) return;
      await held.do('reload', (door) =>
        seen[door] === undefined || seen[door].loaded >= seen[door].latest
          ? undefined
          : { reloaded: seen[door].latest },
      );
    }
    await client.do('settled', { settled: last });
  },
};
