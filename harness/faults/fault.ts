/** What a fault can touch, and the form that every kind of fault fills in. */
import type { Hazard } from '../../implementations/claims.ts';
import type { Deployment } from '../backends/deployment.ts';
import type { Links } from '../backends/links.ts';
import type { Fault } from '../plan/plan.ts';
import type { WorkerHandle } from '../worker/handle.ts';

/** The running things that faults are done to. */
export interface Field {
  readonly deployment: Deployment | undefined;
  readonly links: Links;
  readonly workers: readonly WorkerHandle[];
  /** Starts a killed worker again and gives it its task back. */
  revive(worker: number): Promise<void>;
}

export interface FaultKind {
  /** Does it; settles when it is in force. @returns the function that ends it. */
  apply(field: Field, fault: Fault): Promise<AppliedFault>;
}

export interface AppliedFault {
  /** The clock that it moved was seen to have moved, another leader was seen to lead. For other kinds the history tells. */
  readonly bit?: boolean;
  /** Ends it, and settles when what it touched works again. */
  heal(): Promise<void>;
}

export type DisturbingHazard = Exclude<Hazard, 'none'>;
