/** What a run that verifies locks is to do: a request, and what only the program itself may say. */
import type { Hazard } from 'holdfast-locks/internal/claims';
import { parseThreshold, type Threshold } from '../gates/threshold.ts';
import type { Plan } from '../plan/plan.ts';
import { requireScenario } from '../run/scenarios.ts';
import type { RunRequest } from '../run/request.ts';
import type { LeftOut } from '../report/report.ts';
import { checkWorkers } from './request.ts';
import { leaseAsked, type VerifyParsed } from './verify-request.ts';

export interface VerifySettings {
  readonly request: VerifyParsed;
  readonly leaseMs: number;
  readonly thresholds: readonly Threshold[];
  readonly endsAt: RunRequest['endsAt'];
  /** Whether real servers are given what a short search in the simulation finds. */
  readonly simulatesFirst: boolean;
  /** Of locks that nobody has named: those that cannot be run are left out, these already; else they end the run. */
  readonly leftOut?: readonly LeftOut[];
  /** Instead of the plans that the profile would make. */
  readonly deck?: readonly Plan[];
}

/** @throws UsageError */
export function settingsOf(request: VerifyParsed): VerifySettings {
  checkWorkers(request.workers);
  requireScenario(request.scenario);
  return {
    request,
    leaseMs: leaseAsked(request),
    thresholds: request.thresholds.map(parseThreshold),
    endsAt: (failures, breaches) => request.bail && failures.length + breaches.length > 0,
    simulatesFirst: true,
  };
}

/** A plan of two hazards exercises neither alone. */
export function listedOf({ deck }: VerifySettings, wanted: readonly Hazard[]): readonly Hazard[] {
  return deck === undefined
    ? wanted
    : deck.flatMap(({ hazards: [first, second] }) => (first === undefined || second !== undefined ? [] : [first]));
}
