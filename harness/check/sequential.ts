/** Models that say what one operation may do, and the operations that the general checker puts in order. */

/**
 * What a thing does when one operation at a time happens to it. States are plain values; two that `key` names alike are
 * the same state.
 */
export interface SequentialModel<State> {
  readonly initial: State;
  /** The state afterwards, or `undefined` where the operation cannot have had this answer. */
  readonly step: (state: State, operation: SequentialOperation) => State | undefined;
  readonly key: (state: State) => string;
}

export interface SequentialOperation {
  readonly f: string;
  readonly input: unknown;
  /** Of an operation without a known answer: `undefined`, and any answer will do. */
  readonly output: unknown;
  readonly called: number;
  /** Infinity where there is no answer: it may take effect at any time after its call, or never. */
  readonly returned: number;
  readonly invokeRef: number;
  readonly completionRef: number;
  readonly process: number;
}

export function isPending(operation: SequentialOperation): boolean {
  return operation.returned === Infinity;
}

/** Transitions remembered at most; beyond that they are computed anew. */
const MAX_REMEMBERED = 4_000_000;

/** States and kinds of operations as small integers, each transition computed once. */
export class Transitions<State> {
  readonly #model: SequentialModel<State>;
  readonly #states: State[] = [];
  readonly #ids = new Map<string, number>();
  #remembered = new Map<number, number>();
  /** One operation of each kind. */
  readonly #examples: SequentialOperation[] = [];
  /** The kind of each operation: those of one kind do the same. */
  readonly kinds: readonly number[];
  readonly initial: number;

  constructor(model: SequentialModel<State>, operations: readonly SequentialOperation[]) {
    this.#model = model;
    const kinds = new Map<string, number>();
    this.kinds = operations.map((operation) => {
      const { f, input, output } = operation;
      const name = JSON.stringify([f, input, output, isPending(operation)]);
      const known = kinds.get(name);
      if (known !== undefined) return known;
      kinds.set(name, this.#examples.length);
      return this.#examples.push(operation) - 1;
    });
    this.initial = this.#intern(model.initial);
  }

  /** The state after an operation of this kind, or -1. */
  step(state: number, kind: number): number {
    const transition = state * this.#examples.length + kind;
    const known = this.#remembered.get(transition);
    if (known !== undefined) return known;
    const [from, example] = [this.#states[state], this.#examples[kind]];
    const to = from === undefined || example === undefined ? undefined : this.#model.step(from, example);
    const next = to === undefined ? -1 : this.#intern(to);
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered = new Map();
    this.#remembered.set(transition, next);
    return next;
  }

  #intern(state: State): number {
    const key = this.#model.key(state);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#states.push(state) - 1;
    this.#ids.set(key, id);
    return id;
  }
}

/** What both searches work on: the operations of one key, by their calls, and the order of calls and returns. */
export interface Problem {
  readonly operations: readonly SequentialOperation[];
  readonly transitions: Pick<Transitions<unknown>, 'step' | 'kinds' | 'initial'>;
  /** Operation i is called: i; returns: -1 - i. By time; equal times are concurrent, so calls come before returns. */
  readonly moments: readonly number[];
  /**
   * Of an operation without a known answer the one before it that does the same, or -1: of such twins the one that was
   * called first may as well take effect first, which spares trying all their orders.
   */
  readonly twinBefore: readonly number[];
}

export function problemOf<State>(model: SequentialModel<State>, unordered: readonly SequentialOperation[]): Problem {
  const operations = unordered.toSorted((a, b) => a.called - b.called);
  const transitions = new Transitions(model, operations);
  const calls = operations.map((operation, index) => ({ at: operation.called, moment: index }));
  const returns = operations.flatMap((operation, index) =>
    isPending(operation) ? [] : [{ at: operation.returned, moment: -1 - index }],
  );
  const moments = [...calls, ...returns].toSorted(
    (a, b) => a.at - b.at || (a.moment < 0 ? 1 : 0) - (b.moment < 0 ? 1 : 0),
  );
  const lastOfKind = new Map<number, number>();
  const twinBefore = operations.map((operation, index) => {
    if (!isPending(operation)) return -1;
    const kind = transitions.kinds[index] ?? -1;
    const before = lastOfKind.get(kind) ?? -1;
    lastOfKind.set(kind, index);
    return before;
  });
  return { operations, transitions, moments: moments.map(({ moment }) => moment), twinBefore };
}

/** How a search ended. */
export type SearchResult =
  | { readonly legal: true }
  /** `stuckAt`: the first operation, by its return, that no order gets past. */
  | { readonly legal: false; readonly stuckAt: number };

/** A search that can be interrupted: after every few steps it yields how many configurations it remembers. */
export type Search = Generator<number, SearchResult, undefined>;
export const STEPS_PER_TURN = 2000;
