/** What plans have shown an application to do wrong by itself, gathered by the invariants that it broke. */
import type { ApplicationFault } from '../report/application.ts';
import type { ChargedFinding, Judgement } from './judge.ts';
import { witnessOf } from './story.ts';

interface Gathered {
  readonly charged: ChargedFinding;
  readonly first: Judgement;
  plans: number;
}

export class ApplicationFaults {
  readonly #byInvariant = new Map<string, Gathered>();

  /** Takes those of one plan in. */
  add(judgement: Judgement): void {
    const broken = judgement.findings.filter(({ finding }) => finding.kind === 'application');
    const ofPlan = new Map(broken.toReversed().map((charged) => [charged.finding.invariant ?? '', charged]));
    for (const [invariant, charged] of ofPlan) {
      const known = this.#byInvariant.get(invariant);
      if (known === undefined) this.#byInvariant.set(invariant, { charged, first: judgement, plans: 1 });
      else known.plans += 1;
    }
  }

  /** @param cite how a report points at what shows it */
  reported(cite: (judgement: Judgement) => Pick<ApplicationFault, 'plan' | 'replay'>): ApplicationFault[] {
    return Array.from(this.#byInvariant, ([invariant, { charged, first, plans }]) => ({
      ...{ scenario: first.plan.scenario, invariant, message: charged.finding.summary, plans },
      story: witnessOf(first.plan, first.events, charged.finding, first.bitten).story,
      ...cite(first),
    }));
  }
}
