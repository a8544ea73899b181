/** The two kinds of trouble that are not the lock's; each has an exit code of its own. */
import type { Plan } from './plan/plan.ts';

/** Wrong usage or configuration: one clear line, nothing half-started. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A lock did in a simulated run what the contract forbids, so that the run says nothing of its claims. */
export class ContractBreach extends UsageError {
  /** Of that run. */
  readonly plan: Plan;

  constructor(message: string, plan: Plan) {
    super(message);
    this.plan = plan;
  }
}

/** Servers, processes, containers or files failed: nothing can be said of the lock. */
export class InfrastructureError extends Error {
  override readonly name = 'InfrastructureError';
}

/** A simulated run came to no end, or to what is not simulated: it is no pass. */
export class UnfinishedRun extends InfrastructureError {
  /** Of that run. */
  readonly plan: Plan;

  constructor(message: string, plan: Plan) {
    super(message);
    this.plan = plan;
  }
}
