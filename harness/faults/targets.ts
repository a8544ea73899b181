/** What a fault can touch. */
import type { Deployment, ServerNode } from '../backends/deployment.ts';
import type { Link } from '../backends/links.ts';
import type { ServerDefinition } from '../backends/servers/server.ts';
import type { FolderFault } from '../plan/folder-fault.ts';
import type { Moment } from '../plan/moments.ts';

export type TargetNode = Pick<ServerNode, 'index' | 'endpoint' | 'crash' | 'restart' | 'pause' | 'resume' | 'setClock'>;
export type TargetLink = Pick<Link, 'delay' | 'blackHole' | 'reset'>;
export interface TargetWorker {
  /** @returns whether there was a process to send it to */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): boolean;
  kill(): Promise<void>;
  /** Sets its wall clock so many milliseconds away from the true time. */
  setClock(offsetMs: number): void;
  wallClockMs(): Promise<number>;
  /** Has it find the shared folder like this from now on; `undefined`: as it is. */
  disturbFolder(fault: FolderFault | undefined): void;
  /** @returns whether it reached the n-th such moment within the time */
  reaches(id: string, moment: Moment, nth: number, withinMs: number): Promise<boolean>;
}

export interface TargetDeployment extends Pick<Deployment, 'leader' | 'succession' | 'isolate' | 'form'> {
  readonly server: Pick<ServerDefinition, 'clockMs'>;
  readonly nodes: readonly TargetNode[];
}

/** The running things that faults are done to, real or simulated. */
export interface FaultTargets {
  readonly deployment: TargetDeployment | undefined;
  /** `links[worker][node]` */
  readonly links: readonly (readonly TargetLink[])[];
  readonly workers: readonly TargetWorker[];
  /** Starts a killed worker again and gives it its task back. */
  revive(worker: number): Promise<void>;
}
