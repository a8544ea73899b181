import type { Scenario } from '../../harness/resource/scenario.ts';
import { inventory, move, sell, type Operations, type Shard } from '../sharded-inventory.ts';

/** A move takes the lock of the shard that it takes from; what is sold meanwhile from the other one is undone. */
export const scenario: Scenario<Shard, Operations> = {
  ...inventory,
  name: 'broken/moves-with-one-lock',
  summary: 'the sharded stock, with moves under the lock of one shard only',
  mistake: 'two things are changed under the lock of one',
  source: '001 §2',
  async cycle(client) {
    const [own, next = own] = client.names;
    if (client.random() < 0.5) {
      await using use = await client.acquire(own);
      await sell(client, use);
    } else {
      await using use = await client.acquire(next);
      await move(client, next, own, use, use);
    }
  },
};
