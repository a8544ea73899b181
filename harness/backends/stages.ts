/** Starting servers in the order in which they need each other. */
import { allSettled } from '../base/all-settled.ts';
import type { Layout } from './servers/layout.ts';

/** Starts each node as soon as those that it starts after have been started; side by side where it can. */
export async function inStages<T>(layout: Layout, start: (index: number) => Promise<T> | undefined): Promise<T[]> {
  const begun = new Map<number, Promise<T | undefined>>();
  const begin = (index: number): Promise<T | undefined> => {
    const before = begun.get(index);
    if (before !== undefined) return before;
    const started = (async () => {
      await Promise.all((layout.startsAfter?.(index) ?? []).map(begin));
      return start(index);
    })();
    begun.set(index, started);
    return started;
  };
  const started = await allSettled(layout.nodes.map((_, index) => begin(index)));
  return started.filter((one) => one !== undefined);
}
