/** Blocking queries of Consul: questions that are answered when a key has changed after an index, or when their time is up. */
import type { Surroundings } from '../../network/node.ts';
import type { Entry, State } from './state.ts';

/** The server adds up to this part of the time that a query may wait. */
const JITTER = 16;

type Answer = (entry: Entry | undefined) => void;

export class Queries {
  readonly #state: State;
  readonly #around: Surroundings;
  /** Key → what looks at it again. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(state: State, around: Surroundings) {
    this.#state = state;
    this.#around = around;
    state.onChange = (key) => {
      for (const look of this.#waiting.get(key) ?? []) look();
    };
  }

  /** @returns the function that ends it without an answer */
  wait(key: string, index: number, waitMs: number, answer: Answer): () => void {
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting);
    const settle = (): void => {
      stop();
      answer(this.#state.get(key));
    };
    const look = (): void => {
      // Of a key that is not there, the index is that of all keys.
      if ((this.#state.get(key)?.modifyIndex ?? this.#state.keyIndex) > index) settle();
    };
    const jitterMs = this.#around.random.unit() * (waitMs / JITTER);
    const late = this.#around.after(waitMs + jitterMs, settle);
    const stop = (): void => {
      late();
      waiting.delete(look);
    };
    waiting.add(look);
    look();
    return stop;
  }

  clear(): void {
    this.#waiting.clear();
  }
}
