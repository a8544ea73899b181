import type { Scenario } from '../../harness/resource/scenario.ts';
import { shop, tell, type Operations, type Shop } from '../flash-sale.ts';

/** The stock is read first, and the lock taken only for the sale: what was read may be sold by then. */
export const scenario: Scenario<Shop, Operations> = {
  ...shop,
  name: 'broken/checks-before-locking',
  summary: 'the flash sale, with the stock read before the lock is taken',
  mistake: 'what is decided upon is read outside of the lock',
  source: '001: a check before the lock, and none after it',
  async cycle(client) {
    const buyer = client.turn;
    const seen = await client.do('look', { buyer });
    if ((seen.plain?.left ?? 0) === 0) return;
    await using use = await client.acquire(client.names[0]);
    await use.work();
    if (use.lost) return;
    const sold = await use.do('sell', (door) => {
      const { left = 0 } = seen[door] ?? {};
      return left > 0 ? { buyer, seen: left } : undefined;
    });
    await tell(client, (door) => sold[door]?.unit);
  },
};
