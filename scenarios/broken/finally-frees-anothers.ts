import type { Scenario } from '../../harness/resource/scenario.ts';
import { bookFree, slot, usedMs, type Operations, type Slot } from '../resource-booking.ts';

/** What is booked is freed in a `finally`, which comes also after the slot was found taken: it then frees another's. */
export const scenario: Scenario<Slot, Operations> = {
  ...slot,
  name: 'broken/finally-frees-anothers',
  summary: 'the booking, freed in a finally block whether it was made or not',
  mistake: 'what is cleaned up need not be what was done',
  source: '003 §6.2',
  async cycle(client) {
    try {
      const booked = await bookFree(client);
      if (booked.plain !== undefined) await client.sleep(usedMs(client));
    } finally {
      await using use = await client.acquire(client.names[0]);
      if (!use.lost) await use.do('free', { by: client.turn });
    }
  },
};
