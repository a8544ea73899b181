import type { Scenario } from '../../harness/resource/scenario.ts';
import { bank, drawn, pay, underLocks, type Account, type Operations } from '../transfer.ts';

/** The balance is read before the locks are taken: what others moved meanwhile is undone. */
export const scenario: Scenario<Account, Operations> = {
  ...bank,
  name: 'broken/reads-before-locking',
  summary: 'the transfer, with the balance read before the locks are taken',
  mistake: 'what is computed with is read outside of the lock',
  source: '001: the bank, with the accounts loaded first',
  async cycle(client) {
    const draw = drawn(client);
    const before = await client.do('look', { transfer: client.turn }, draw.from);
    await underLocks(client, [...new Set([draw.from, draw.to])].toSorted(), async (leases) => {
      await leases.get(draw.from)?.work();
      await pay(client, draw, leases, before);
    });
  },
};
