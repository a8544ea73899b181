/** Who leads an ensemble. */
import type { Raft } from './raft.ts';

/** Of several who believe it, the one of the latest term. */
export function leaderAmong(
  rafts: readonly Pick<Raft<unknown, unknown>, 'index' | 'leads' | 'term'>[],
): (up: readonly boolean[]) => number | undefined {
  return (up) =>
    rafts
      .filter(({ index, leads }) => leads && up[index] === true)
      .toSorted((a, b) => b.term - a.term)
      .at(0)?.index;
}
