/** What plans have shown an application to do wrong by itself, gathered by the invariants that it broke. */
import type { ApplicationFault } from '../report/application.ts';
import { ByCause } from './by-cause.ts';
import type { ChargedFinding, Judgement } from './judge.ts';
import { witnessOf } from './story.ts';

export class ApplicationFaults {
  readonly #gathered = new ByCause<ChargedFinding>();

  /** Takes those of one plan in. */
  add(judgement: Judgement): void {
    const broken = judgement.findings.filter(({ finding }) => finding.kind === 'application');
    // Of each invariant the first is kept.
    this.#gathered.add(
      judgement,
      new Map(broken.toReversed().map((charged) => [charged.finding.invariant ?? '', charged])),
    );
  }

  /** @param cite how a report points at what shows it */
  reported(cite: (judgement: Judgement) => Pick<ApplicationFault, 'plan' | 'replay'>): ApplicationFault[] {
    return Array.from(this.#gathered.all, ([invariant, { shown, first, plans }]) => ({
      ...{ scenario: first.plan.scenario, invariant, message: shown.finding.summary, plans },
      story: witnessOf(first.plan, first.events, shown.finding, first.bitten).story,
      ...cite(first),
    }));
  }
}
