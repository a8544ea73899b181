import { read, store, write, type Operations, type Store } from '../cache-rebuild.ts';
import type { Scenario } from '../../harness/resource/scenario.ts';

/** Writers exclude each other, and so do those who rebuild; but a write may come in the middle of a rebuild. */
export const scenario: Scenario<Store, Operations> = {
  ...store,
  name: 'broken/two-locks',
  summary: 'the cache, with one lock for writing and another one for rebuilding',
  mistake: 'two locks guard the same thing',
  source: '001: a lock for the update beside the lock for the rebuild',
  leastNames: 2,
  async cycle(client) {
    const [own, next = own] = client.names;
    if (client.random() < 0.5) await write(client, own);
    else await read(client, next);
  },
};
