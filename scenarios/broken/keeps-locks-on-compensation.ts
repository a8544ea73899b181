import type { Scenario } from '../../harness/resource/scenario.ts';
import { end, flights, goBack, goForward, type Flight, type Operations } from '../saga.ts';

/** The locks are released where all went well; where something failed, only its steps are undone. */
export const scenario: Scenario<Flight, Operations> = {
  ...flights,
  name: 'broken/keeps-locks-on-compensation',
  summary: 'the saga, with the locks released only where all steps were made',
  mistake: 'the way back releases nothing',
  source: '001: the compensation of a saga',
  async cycle(client) {
    const kept: AsyncDisposable[] = [];
    const { tried, made } = await goForward(client, client.names.toSorted(), (use) => kept.push(use));
    const settled = made || (await goBack(client, tried));
    if (made) for (const use of kept.toReversed()) await use[Symbol.asyncDispose]();
    if (settled) await end(client, made, tried.length);
  },
};
