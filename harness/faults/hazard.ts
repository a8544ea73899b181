/** The form that every hazard fills in: all that there is to know of it is in its file in `hazards/`. */
import type { Arbitrary } from 'fast-check';
import type { Topology } from 'holdfast-locks';
import type { Hazard } from 'holdfast-locks/internal/claims';
import type { Intervention } from '../backends/deployment.ts';
import type { Draw, Drawn } from '../plan/draw.ts';
import type { Fault } from '../plan/plan.ts';
import type { FaultEvidence } from './evidence.ts';
import type { Scope, Variant } from './scope.ts';
import type { FaultTargets } from './targets.ts';

export interface HazardDefinition {
  readonly name: Hazard;
  /** What is done, in one sentence. */
  readonly summary: string;
  /** When it bit, in words; `bit` says it exactly. */
  readonly bitWhen: string;
  /** Whom it strikes: a worker as a whole, a server as a whole, or links between some of them. */
  readonly strikes: 'worker' | 'server' | 'link';
  /** Whose wall clock it moves; absent: nobody's. */
  readonly movesClockOf?: 'worker' | 'server';
  /** Workers that it strikes are killed. */
  readonly killsWorkers?: true;
  /** What it does to locks that a server has granted, where it can take them away there. */
  readonly takesLocks?: string;
  /** Finds so much that later rounds repeat it. */
  readonly repeated?: true;
  /** One of the few that the shortest profile tries. */
  readonly smoke?: true;

  /** Whether it exists for such a backend at all, whoever provides it. */
  availableOn(topology: Topology, backend: string): boolean;
  /** What must be possible with the servers; absent: nothing. */
  needs?(topology: Topology): Intervention;
  /** The faults of one plan, which follow one another. */
  draw(draw: Draw): Arbitrary<Drawn>[];
  /** Does it; settles when it is in force. */
  apply(targets: FaultTargets, fault: Fault): Promise<AppliedFault>;
  /** Whether it disturbed anything: a fault that did not has tested nothing. */
  bit(evidence: FaultEvidence): boolean;
  /** Whom the one fault of a small plan may strike, and for how long: all that differ. */
  variants(scope: Scope): Variant[];
}

export interface AppliedFault {
  /** The clock that it moved was seen to have moved, another leader was seen to lead. For other hazards the history tells. */
  readonly seen?: boolean;
  /** Ends it, and settles when what it touched works again. */
  heal(): Promise<void>;
}

export const everywhere = (): boolean => true;

export const hasServers = (backend: string): boolean => !['files', 'memory', 'sqlite'].includes(backend);

export const onServers = (_topology: Topology, backend: string): boolean => hasServers(backend);
