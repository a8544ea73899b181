/** Who read what from whom: for judges of applications that read a state, compute, and write back what follows from it. */
import type { CarriedOut } from '../../harness/check/carried-out.ts';

interface Reading<One extends CarriedOut> {
  /** The operation by which its client read what it then wrote upon; `undefined` where none was carried out. */
  readonly readBy: (write: One) => One | undefined;
  readonly writes: (one: One) => boolean;
}

export class Ledger<One extends CarriedOut> {
  readonly #writes: readonly One[];
  readonly #readBy: Reading<One>['readBy'];

  /** @param all operations on one resource, in order */
  constructor(all: readonly One[], { readBy, writes }: Reading<One>) {
    this.#writes = all.filter(writes);
    this.#readBy = readBy;
  }

  /**
   * Why `later` could be written although `earlier` had been: the two, what `later` had read, and where that was read after
   * `earlier`, who wrote it, what that had read, and so on back to somebody who had read before `earlier`.
   */
  since(earlier: One, later: One): readonly One[] {
    const named = new Set<One>([earlier, later]);
    let read = this.#readBy(later);
    while (read !== undefined && !named.has(read)) {
      named.add(read);
      if (read.place < earlier.place) break;
      const { place } = read;
      const writer = this.#writes.findLast((one) => one.place < place);
      if (writer === undefined || writer === earlier || writer.place < earlier.place) break;
      named.add(writer);
      read = this.#readBy(writer);
    }
    return [...named].toSorted((a, b) => a.place - b.place);
  }

  /** Writes that another came between them and what they had read: each with its read and those in between. */
  overlooked(): readonly { readonly write: One; readonly read: One | undefined; readonly between: readonly One[] }[] {
    return this.#writes.flatMap((write) => {
      const read = this.#readBy(write);
      const since = read?.place ?? -1;
      const between = this.#writes.filter(({ place }) => place > since && place < write.place);
      return between.length === 0 ? [] : [{ write, read, between }];
    });
  }
}
