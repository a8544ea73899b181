/** Breaches that plans have shown, gathered by what they are. */
import type { ReportedBreach } from '../report/breach.ts';
import { causeOf, type Breach } from './breach.ts';
import { ByCause } from './by-cause.ts';
import type { Judgement } from './judge.ts';
import { breachStory } from './story.ts';

/** Of a lock whose every error has a name of its own, so many are told. */
const MOST = 20;

export class Breaches {
  readonly #gathered = new ByCause<Breach>(MOST);

  /** Takes those of one plan in. */
  add(judgement: Judgement): void {
    this.#gathered.add(judgement, new Map(judgement.breaches.map((breach) => [causeOf(breach), breach])));
  }

  /** @param cite how a report points at what shows it */
  reported(cite: (judgement: Judgement) => Pick<ReportedBreach, 'plan' | 'replay'>): ReportedBreach[] {
    return Array.from(this.#gathered.all.values(), ({ shown, first, plans }) => ({
      kind: shown.kind,
      message: shown.message,
      plans,
      story: breachStory(first.plan, first.events, shown),
      ...cite(first),
    }));
  }
}
