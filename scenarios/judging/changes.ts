/** Judging what is read, computed and written back: a balance, a stock, seats. */
import type { CarriedOut, InvariantFinding } from '../../harness/check/carried-out.ts';
import { Ledger } from './ledger.ts';

/**
 * Changes that another one came between them and what they had read: that one is undone by them.
 * @param isChange whether it changes the amount
 * @param by who does it: a change is computed from the last look of the same on the same resource
 */
export function undone<One extends CarriedOut>(
  carriedOut: readonly One[],
  invariant: string,
  isChange: (one: One) => boolean,
  by: (one: One) => unknown,
): InvariantFinding[] {
  return [...Map.groupBy(carriedOut, ({ resource }) => resource).values()].flatMap((all) => {
    const looks = Map.groupBy(
      all.filter(({ operation }) => operation === 'look'),
      by,
    );
    const ledger = new Ledger(all, {
      readBy: (change) => looks.get(by(change))?.findLast(({ place }) => place < change.place),
      writes: isChange,
    });
    return ledger.overlooked().map(({ write, read, between }) => ({
      invariant,
      summary: `${String(by(write))} wrote to ${write.resource} what it had computed before ${String(by(between[0] ?? write))} changed it, and so undid that`,
      operations: [...(read === undefined ? [] : [read]), ...between, write],
    }));
  });
}
