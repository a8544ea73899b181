/** What a run is asked for, and what it tells while it goes on. */
import type { Hazard } from 'holdfast-locks/internal/claims';
import type { LockModule, Topology } from 'holdfast-locks';
import type { Choice, RealChoice } from '../backends/choose.ts';
import type { LimitedHazards } from '../faults/available.ts';
import type { ExternalConfig } from '../backends/external-config.ts';
import type { Plan } from '../plan/plan.ts';
import type { Library } from '../report/report.ts';
import type { SearchSpace } from '../plan/search-space.ts';
import type { Breach } from '../verdict/breach.ts';
import type { Judgement } from '../verdict/judge.ts';
import type { Evidence } from '../verdict/matrix.ts';
import type { Rate } from '../verdict/metrics.ts';

export interface LockUnderTest {
  /** As the user named it: a name of the catalogue, or a path. */
  readonly reference: string;
  readonly module: LockModule;
  readonly url: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** What it stands on, where that is known before it is run. */
  readonly library?: Library;
}

export interface RunRequest {
  readonly lock: LockUnderTest;
  readonly topology: Topology;
  readonly scenario: string;
  /** What the application is counted by; absent: not at all. */
  readonly rate?: Rate;
  readonly provisioner: Choice;
  readonly external: ExternalConfig | undefined;
  readonly workers: number;
  readonly leaseMs: number;
  readonly deck: readonly Plan[];
  /** What the simulation searches after the deck, as long as there is time. */
  readonly search: SearchSpace | undefined;
  /** Instead of searching, every position of one fault in a small scope. */
  readonly exhaustive: boolean;
  /** Hazards that exist for the lock; those on the profile's list must be exercised. */
  readonly hazards: readonly Hazard[];
  readonly listed: readonly Hazard[];
  /** Arenas side by side. */
  readonly arenas: number;
  /** No new plan starts after this many milliseconds, but for the first `always` of the deck. */
  readonly timeMs: number;
  readonly always: number;
  /** On real servers: none of those first starts that would not end within this. */
  readonly alwaysMs: number;
  /** Ends the run after the first plan for whose violations and breaches this says so. */
  readonly endsAt: (failures: readonly Evidence[], breaches: readonly Breach[]) => boolean;
  /** Where plans and histories are written. */
  readonly folder: string;
  readonly onPlan: (event: PlanEvent) => void;
}

/** The same, on real servers. */
export interface RealRunRequest extends RunRequest {
  readonly provisioner: RealChoice;
}

export type PlanEvent =
  | { readonly type: 'ready'; readonly version: string; readonly limits: LimitedHazards }
  | { readonly type: 'started'; readonly plan: Plan }
  | { readonly type: 'exhaustive'; readonly positions: number; readonly plans: number }
  | {
      readonly type: 'judged';
      readonly plan: Plan;
      readonly judgement: Judgement;
      readonly failures: readonly Evidence[];
    };
