import { isPending, STEPS_PER_TURN, type Problem, type Search } from './sequential.ts';

/**
 * Depth-first search for an order, after Wing and Gong (1993) with Lowe's memory of configurations (2017): take any
 * operation that was called before the first return still to come; when that return is of an operation not yet taken,
 * go back. A configuration, the set of operations taken and the state, is tried once.
 *
 * Quick where an order exists, for it goes straight ahead.
 */
export function* depthFirst(problem: Problem): Search {
  const { operations, transitions, moments, twinBefore } = problem;
  const { kinds } = transitions;
  const places = moments.length;
  const list = new LinkedMoments(places);
  const placeOfReturn = new Int32Array(operations.length).fill(-1);
  moments.forEach((moment, place) => {
    if (moment < 0) placeOfReturn[-1 - moment] = place;
  });
  const taken = new TakenSet(operations.map(isPending));
  const seen = new Set<string>();
  const path: { readonly place: number; readonly state: number }[] = [];
  let state = transitions.initial;
  let open = operations.filter((operation) => !isPending(operation)).length;
  let furthest = -1;
  let place = list.first;
  for (let steps = 1; open > 0; steps += 1) {
    if (steps % STEPS_PER_TURN === 0) yield seen.size;
    const moment = moments[place] ?? -1;
    if (moment >= 0) {
      const twin = twinBefore[moment] ?? -1;
      const next = twin >= 0 && !taken.has(twin) ? -1 : transitions.step(state, kinds[moment] ?? -1);
      if (next >= 0) {
        taken.add(moment);
        const configuration = `${next}:${taken.key()}`;
        if (!seen.has(configuration)) {
          seen.add(configuration);
          path.push({ place, state });
          state = next;
          list.remove(place);
          const returned = placeOfReturn[moment] ?? -1;
          if (returned >= 0) {
            list.remove(returned);
            open -= 1;
          }
          place = list.first;
          continue;
        }
        taken.delete(moment);
      }
      place = list.after(place);
      continue;
    }
    furthest = Math.max(furthest, place);
    const last = path.pop();
    if (last === undefined) return { legal: false, stuckAt: -1 - (moments[furthest] ?? -1) };
    const undone = moments[last.place] ?? -1;
    const returned = placeOfReturn[undone] ?? -1;
    if (returned >= 0) {
      list.restore(returned);
      open += 1;
    }
    list.restore(last.place);
    taken.delete(undone);
    state = last.state;
    place = list.after(last.place);
  }
  return { legal: true };
}

/** The moments not yet dealt with, in order. What is restored must have been removed last. */
class LinkedMoments {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;

  constructor(count: number) {
    this.#next = Int32Array.from({ length: count + 1 }, (_, place) => (place + 1) % (count + 1));
    this.#previous = Int32Array.from({ length: count + 1 }, (_, place) => (place + count) % (count + 1));
  }

  /** The place after the last one is `count`, which closes the ring. */
  get first(): number {
    return this.after(this.#next.length - 1);
  }

  after(place: number): number {
    return this.#next[place] ?? -1;
  }

  remove(place: number): void {
    const [previous, next] = [this.#previous[place] ?? -1, this.#next[place] ?? -1];
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }

  restore(place: number): void {
    const [previous, next] = [this.#previous[place] ?? -1, this.#next[place] ?? -1];
    this.#next[previous] = place;
    this.#previous[next] = place;
  }
}

/** A set of operations whose members are mostly the first ones. Those that may never be taken are kept apart. */
class TakenSet {
  readonly #pending: readonly boolean[];
  readonly #members: Uint8Array;
  /** All completed operations before this one are members. */
  #full = 0;
  #last = -1;
  readonly #takenPending = new Set<number>();

  constructor(pending: readonly boolean[]) {
    this.#pending = pending;
    this.#members = new Uint8Array(pending.length);
  }

  has(index: number): boolean {
    return this.#members[index] === 1;
  }

  add(index: number): void {
    this.#members[index] = 1;
    if (this.#pending[index] === true) this.#takenPending.add(index);
    else this.#last = Math.max(this.#last, index);
    while (this.#full < this.#members.length && (this.has(this.#full) || this.#pending[this.#full] === true)) {
      this.#full += 1;
    }
  }

  delete(index: number): void {
    this.#members[index] = 0;
    if (this.#pending[index] === true) this.#takenPending.delete(index);
    else this.#full = Math.min(this.#full, index);
    while (this.#last >= 0 && !(this.has(this.#last) && this.#pending[this.#last] !== true)) this.#last -= 1;
  }

  key(): string {
    let beyond = '';
    for (let index = this.#full; index <= this.#last; index += 1) {
      if (this.has(index) && this.#pending[index] !== true) beyond += `,${index - this.#full}`;
    }
    const pending = this.#takenPending.size === 0 ? '' : [...this.#takenPending].toSorted((a, b) => a - b).join(',');
    return `${this.#full}${beyond};${pending}`;
  }
}
