/** Trouble in a simulated run, with the plan that leads to it. */
import { InfrastructureError } from '../base/errors.ts';
import type { Plan } from './plan.ts';

/** A simulated run came to no end, or to what is not simulated: it is no pass. */
export class UnfinishedRun extends InfrastructureError {
  /** Plan of that run. */
  readonly plan: Plan;

  constructor(message: string, plan: Plan) {
    super(message);
    this.plan = plan;
  }
}
