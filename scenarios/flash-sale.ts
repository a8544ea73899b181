import type { Scenario } from '../harness/resource/scenario.ts';

/** Few enough to be sold out in any plan. */
const STOCK = 40;

/**
 * Sell while there is stock: look, work, and take one away. `bench --scenario flash-sale` does the same behind HTTP; here the
 * workers are the shop.
 */
export const scenario: Scenario = {
  name: 'flash-sale',
  summary: 'sells from a stock: whoever finds some left takes one away; two at once would sell the same one twice',
  async cycle(use) {
    const sold = await use.read();
    await use.work();
    if ((sold.plain ?? 0) < STOCK && !use.lost) await use.write(sold);
  },
};
