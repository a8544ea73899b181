/** What `verify`, `replay` and `shrink` tell while they go on. */
import type { Hazard, Property } from 'holdfast-locks/internal/claims';
import type { Choice } from '../backends/choose.ts';
import type { Plan } from '../plan/plan.ts';
import type { Breach } from '../verdict/breach.ts';
import type { Shown } from '../verdict/matrix.ts';
import type { LockEvent, ReportedEvent } from './result.ts';

/** What of a promise was broken in a plan. */
export interface ViolationSeen {
  readonly property: Property;
  /** The faults that were active. */
  readonly hazards: readonly Hazard[];
  readonly summary: string;
  /** Not the lock's doing. */
  readonly by?: 'application';
}

export type VerifyEvent =
  /** `plans`: how many are known by now. */
  | (LockEvent & { readonly plans: number })
  /** What the simulation found within so many schedules, and how many plans it adds before the others. */
  | {
      readonly type: 'simulated-first';
      readonly lock: string;
      readonly schedules: number;
      readonly plans: number;
      readonly found?: { readonly property: Property; readonly plan: Plan };
    }
  /** The simulation was not searched before the real servers, and why. */
  | { readonly type: 'not-simulated-first'; readonly lock: string; readonly reason: string }
  /** Of an exhaustive run: positions for a fault, and plans, which are all of the run. */
  | { readonly type: 'positions'; readonly lock: string; readonly positions: number; readonly plans: number }
  | { readonly type: 'plan-started'; readonly lock: string; readonly plan: Plan }
  | {
      readonly type: 'plan-judged';
      readonly lock: string;
      readonly plan: Plan;
      readonly violations: readonly ViolationSeen[];
      /** What the lock did that none may do. */
      readonly breaches: readonly Breach[];
    }
  | ShrinkEvent
  | ReportedEvent;

export type ShrinkEvent =
  | { readonly type: 'shrinking'; readonly property: Shown; readonly provisioner: Choice['kind'] }
  /** This one shows it too; so many were tried. */
  | { readonly type: 'smaller'; readonly plan: Plan; readonly tries: number }
  | { readonly type: 'shrunk'; readonly property: Shown; readonly plan: Plan; readonly tries: number };
