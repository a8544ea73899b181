import type { Scenario } from '../../harness/resource/scenario.ts';
import { bank, drawn, pay, underLocks, type Account, type Operations } from '../transfer.ts';

/** From whom is locked first, then to whom: two transfers in opposite directions wait for each other. */
export const scenario: Scenario<Account, Operations> = {
  ...bank,
  name: 'broken/unordered',
  summary: 'the transfer, with the locks taken in the order of the transfer',
  mistake: 'several locks are taken in no common order',
  source: '001: the deadlock of two transfers',
  async cycle(client) {
    const draw = drawn(client);
    await underLocks(client, [...new Set([draw.from, draw.to])], async (leases) => {
      const source = leases.get(draw.from);
      if (source === undefined) return;
      const before = await source.do('look', { transfer: client.turn });
      await source.work();
      await pay(client, draw, leases, before);
    });
  },
};
