/** Trouble in the simulation, with the plan that leads to it, if it takes one. */
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

export interface Obstacle {
  /** Package, file or lock that asked for it. */
  readonly module: string;
  /** What it waits for or asks for, as the rest of a sentence. */
  readonly call: string;
  /** What makes it simulable, where that is known. */
  readonly remedy?: string | undefined;
}

/** The simulation cannot carry the lock, by an undisturbed run: nothing is said of what it claims. */
export class NotSimulable extends InfrastructureError implements Obstacle {
  readonly module: string;
  readonly call: string;
  readonly remedy: string | undefined;

  constructor({ module, call, remedy }: Obstacle) {
    super(`${module} is not simulable: ${call} (${remedy ?? 'real servers carry it: --backend native'})`);
    this.module = module;
    this.call = call;
    this.remedy = remedy;
  }
}
