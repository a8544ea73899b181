/** What a fault can touch, and the form that every kind of fault fills in. */
import type { Hazard } from 'holdfast-locks/internal/claims';
import type { Deployment, ServerNode } from '../backends/deployment.ts';
import type { Link } from '../backends/links.ts';
import type { ServerDefinition } from '../backends/servers/server.ts';
import type { Fault } from '../plan/plan.ts';
import type { Moment } from '../plan/moments.ts';

export type FieldNode = Pick<ServerNode, 'index' | 'endpoint' | 'crash' | 'restart' | 'pause' | 'resume' | 'setClock'>;
export type FieldLink = Pick<Link, 'delay' | 'blackHole' | 'reset'>;
export interface FieldWorker {
  /** @returns whether there was a process to send it to */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): boolean;
  kill(): Promise<void>;
  /** Sets its wall clock so many milliseconds away from the true time. */
  setClock(offsetMs: number): void;
  wallClockMs(): Promise<number>;
  /** @returns whether it reached the n-th such moment within the time */
  reaches(id: string, moment: Moment, nth: number, withinMs: number): Promise<boolean>;
}

export interface FieldDeployment extends Pick<Deployment, 'leader' | 'succession' | 'isolate' | 'form'> {
  readonly server: Pick<ServerDefinition, 'clockMs'>;
  readonly nodes: readonly FieldNode[];
}

/** The running things that faults are done to, real or simulated. */
export interface Field {
  readonly deployment: FieldDeployment | undefined;
  /** `links[worker][node]` */
  readonly links: readonly (readonly FieldLink[])[];
  readonly workers: readonly FieldWorker[];
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
