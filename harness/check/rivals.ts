import { mayOverlap, type Lease } from './leases.ts';

interface OfLease {
  readonly lease: Lease;
}

/** The greatest item, and the greatest of another owner than the first one's. */
class TopTwo<Item extends OfLease> {
  first: Item | undefined;
  second: Item | undefined;
  readonly #greater: (a: Item, b: Item) => boolean;

  constructor(greater: (a: Item, b: Item) => boolean) {
    this.#greater = greater;
  }

  offer(item: Item): void {
    const { first, second } = this;
    if (first === undefined || this.#greater(item, first)) {
      if (first !== undefined && !sameOwner(first, item)) this.second = first;
      this.first = item;
    } else if (!sameOwner(first, item) && (second === undefined || this.#greater(item, second))) {
      this.second = item;
    }
  }
}

function sameOwner(a: OfLease, b: OfLease): boolean {
  return a.lease.owner !== undefined && a.lease.owner === b.lease.owner;
}

export interface TopRivals<Item> {
  readonly all: Item | undefined;
  readonly allOther: Item | undefined;
  readonly exclusive: Item | undefined;
  readonly exclusiveOther: Item | undefined;
}

/** The greatest, among items offered so far, that must not overlap a given lease. Constant time per item and question. */
export class Rivals<Item extends OfLease> {
  readonly #all: TopTwo<Item>;
  readonly #exclusive: TopTwo<Item>;

  constructor(greater: (a: Item, b: Item) => boolean) {
    this.#all = new TopTwo(greater);
    this.#exclusive = new TopTwo(greater);
  }

  offer(item: Item): void {
    this.#all.offer(item);
    if (!item.lease.shared) this.#exclusive.offer(item);
  }

  of(lease: Lease): Item | undefined {
    return rivalAmong(this.top(), lease);
  }

  /** What `rivalAmong` needs to answer later as `of` would now. */
  top(): TopRivals<Item> {
    return {
      all: this.#all.first,
      allOther: this.#all.second,
      exclusive: this.#exclusive.first,
      exclusiveOther: this.#exclusive.second,
    };
  }
}

export function rivalAmong<Item extends OfLease>(top: TopRivals<Item>, lease: Lease): Item | undefined {
  const first = lease.shared ? top.exclusive : top.all;
  if (first === undefined || !mayOverlap(first.lease, lease)) return first;
  return lease.shared ? top.exclusiveOther : top.allOther;
}
