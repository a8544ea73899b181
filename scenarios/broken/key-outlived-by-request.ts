import type { Scenario } from '../../harness/resource/scenario.ts';
import { desk, requestOf, type Desk, type Operations } from '../duplicate-submit.ts';

/** Shorter than an order takes now and then. */
const MARKED_MS = 15;

/** A mark keeps duplicates away, and the lock only guards the mark; the work goes on when the mark has expired. */
export const scenario: Scenario<Desk, Operations> = {
  ...desk,
  name: 'broken/key-outlived-by-request',
  summary: 'the duplicate orders, with a mark of fixed length in the place of a lease that is kept until the end',
  mistake: 'what keeps others away ends before the work does',
  source: '003 §6.1',
  async cycle(client) {
    const request = requestOf(client);
    const use = await client.acquire(client.names[0]);
    const seen = await use.do('find', { request });
    if (seen.plain?.found !== null || seen.plain.marked || use.lost) return;
    await use.do('mark', { request, forMs: MARKED_MS });
    await use.release();
    await client.sleep(MARKED_MS * 3 * client.random());
    await client.do('create', (door) => (seen[door]?.found === null ? { request, order: client.turn } : undefined));
  },
};
