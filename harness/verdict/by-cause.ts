/** What plans have shown, gathered by its cause: the first that showed it is told, and all are counted. */
import type { Judgement } from './judge.ts';

export interface Gathered<Shown> {
  readonly shown: Shown;
  readonly first: Judgement;
  plans: number;
}

export class ByCause<Shown> {
  readonly #byCause = new Map<string, Gathered<Shown>>();
  readonly #most: number;

  /** @param most of so many causes it is told; others are let go */
  constructor(most = Infinity) {
    this.#most = most;
  }

  /** @param ofPlan what one plan has shown, by its causes */
  add(judgement: Judgement, ofPlan: ReadonlyMap<string, Shown>): void {
    for (const [cause, shown] of ofPlan) {
      const known = this.#byCause.get(cause);
      if (known !== undefined) known.plans += 1;
      else if (this.#byCause.size < this.#most) this.#byCause.set(cause, { shown, first: judgement, plans: 1 });
    }
  }

  /** In the order in which they were shown first. */
  get all(): ReadonlyMap<string, Gathered<Shown>> {
    return this.#byCause;
  }
}
