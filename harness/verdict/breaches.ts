/** Breaches that plans have shown, gathered by what they are. */
import type { ReportedBreach } from '../report/breach.ts';
import { causeOf, type Breach } from './breach.ts';
import type { Judgement } from './judge.ts';
import { breachStory } from './story.ts';

/** Of a lock whose every error has a name of its own, so many are told. */
const MOST = 20;

interface Gathered {
  readonly breach: Breach;
  readonly first: Judgement;
  plans: number;
}

export class Breaches {
  readonly #byCause = new Map<string, Gathered>();

  /** Takes those of one plan in. */
  add(judgement: Judgement): void {
    const ofPlan = new Map(judgement.breaches.map((breach) => [causeOf(breach), breach]));
    for (const [cause, breach] of ofPlan) {
      const known = this.#byCause.get(cause);
      if (known !== undefined) known.plans += 1;
      else if (this.#byCause.size < MOST) this.#byCause.set(cause, { breach, first: judgement, plans: 1 });
    }
  }

  /** @param cite how a report points at what shows it */
  reported(cite: (judgement: Judgement) => Pick<ReportedBreach, 'plan' | 'replay'>): ReportedBreach[] {
    return [...this.#byCause.values()].map(({ breach, first, plans }) => ({
      kind: breach.kind,
      message: breach.message,
      plans,
      story: breachStory(first.plan, first.events, breach),
      ...cite(first),
    }));
  }
}
