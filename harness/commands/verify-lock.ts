/** Verifying one lock: the plans that its settings ask for, what the simulation found first, and their run. */
import { claimOn, PROPERTIES, type Hazard } from 'holdfast-locks/internal/claims';
import type { LockModule } from 'holdfast-locks';
import type { Choice } from '../backends/choose.ts';
import type { Session } from '../backends/session.ts';
import { UsageError } from '../base/errors.ts';
import { paceOf, sizesOf, type PlanSizes } from '../plan/arbitrary.ts';
import { hazardsOf } from '../faults/available.ts';
import { PROFILES, REPEATED } from '../faults/plans.ts';
import type { LockReport } from '../report/report.ts';
import { makeDeck } from '../run/deck.ts';
import type { LockUnderTest, PlanEvent, RunRequest } from '../run/request.ts';
import type { Caller } from './caller.ts';
import { leaseOf, topologyOf } from './locks.ts';
import { RequestError } from './request.ts';
import { sizesForScenario } from '../run/scenarios.ts';
import { lockWith, scenarioNamed } from './scenario.ts';
import { runPlans } from './run-plans.ts';
import { simulateFirst, type SimulatedFirst } from './simulate-first.ts';
import type { VerifyEvent } from './verify-events.ts';
import { listedOf, type VerifySettings } from './verify-settings.ts';

interface Place {
  readonly provisioner: Choice;
  /** Where plans and histories are written. */
  readonly folder: string;
}

/** @throws UsageError, InfrastructureError */
export async function verifyLock(
  session: Session,
  given: LockUnderTest,
  { provisioner, folder }: Place,
  settings: VerifySettings,
  caller: Caller<VerifyEvent>,
): Promise<LockReport> {
  const { request: asked } = settings;
  const application = await scenarioNamed(asked.scenario);
  const lock = lockWith(application, given);
  const { module } = lock;
  const { exhaustive, seed, scenario } = asked;
  const leaseMs = leaseOf(module, asked.leaseMs, settings.leaseMs);
  const profile = PROFILES[asked.profile];
  const topology = topologyOf(module, asked.topology);
  const testable = hazardsOf(topology, module.backend).filter((hazard) => isClaimedOn(module, hazard));
  const wanted = asked.hazards ?? profile.hazards.filter((hazard) => testable.includes(hazard));
  const foreign = wanted.find((hazard) => !testable.includes(hazard));
  if (foreign !== undefined)
    throw new UsageError(
      `${module.name} (${topology}) makes no claim on ${foreign}; it does on: ${testable.join(', ')}`,
    );
  const workers = exhaustive ? 2 : (asked.workers ?? profile.workers);
  const sizes: PlanSizes = {
    ...{ lock: lock.reference, options: lock.options, topology, scenario, workers, leaseMs },
    ...(provisioner.kind === 'sim' && { pace: paceOf(leaseMs) }),
    ...sizesOf(module),
    ...sizesForScenario(application),
    ...(asked.clients === undefined ? {} : { clientsPerWorker: asked.clients, clientsFixed: true }),
    ...(asked.holdMs === undefined ? {} : { holdMs: asked.holdMs }),
  };
  const deck = deckOf(settings, sizes, wanted);
  const { kind, reason } = provisioner;
  const simulated = kind === 'sim';
  if (exhaustive && !simulated) throw new RequestError('`exhaustive` is for simulations: add `backend` sim');
  const plans = deck.plans.length;
  caller.tell({
    ...{ type: 'lock', lock: module.name, backend: module.backend, topology },
    ...{ provisioner: kind, reason, plans },
  });
  const space = { sizes, hazards: wanted, seed: seed + (asked.shard?.index ?? 0) };
  // Who says how many plans there shall be, or which, wants these and no others.
  const counted = settings.deck !== undefined || asked.runs !== undefined;
  const searches = !counted;
  const request: RunRequest = {
    ...{ lock, topology, scenario, provisioner, external: asked.external, workers, leaseMs },
    ...{ hazards: testable, listed: listedOf(settings, wanted), arenas: kind === 'external' ? 1 : 2 },
    ...{ endsAt: settings.endsAt, folder, onPlan: telling(caller, module.name), exhaustive },
    ...(application.rate === undefined || application.property !== undefined ? {} : { rate: application.rate }),
    deck: exhaustive ? [] : deck.plans,
    search: simulated && searches ? space : undefined,
    timeMs: asked.timeMs ?? (exhaustive || counted ? Infinity : simulated ? profile.simulatedMs : profile.timeMs),
    // A user's own bound is a bound; the profile's leaves no listed hazard out.
    always: asked.timeMs === undefined ? deck.firstRound : 0,
    alwaysMs: counted ? Infinity : profile.firstMs,
  };
  const first =
    !simulated && searches && settings.simulatesFirst
      ? await simulateFirst(session, request, space, settings, caller)
      : undefined;
  return first === undefined
    ? runPlans(session, request, caller.signal)
    : runAfter(first, session, request, caller.signal);
}

function deckOf(
  { deck, request }: VerifySettings,
  sizes: PlanSizes,
  hazards: readonly Hazard[],
): ReturnType<typeof makeDeck> {
  if (deck !== undefined) return { plans: deck, firstRound: deck.length };
  const profile = PROFILES[request.profile];
  return makeDeck({
    ...{ sizes, hazards, seed: request.seed },
    rounds: request.runs ?? profile.rounds,
    often: request.runs === undefined ? REPEATED : hazards,
    pairs: request.hazards === undefined ? profile.pairs : 0,
    // Who says how many plans there shall be wants no more.
    varied: profile.varied && request.runs === undefined,
    shard: request.shard,
  });
}

/** What the simulation found comes first, and the report says what became of it. */
async function runAfter(
  { plans, breaches, watch, summary }: SimulatedFirst,
  session: Session,
  request: RunRequest,
  signal: AbortSignal,
): Promise<LockReport> {
  const onPlan = (event: PlanEvent): void => {
    watch(event);
    request.onPlan(event);
  };
  const deck = [...plans, ...request.deck];
  const report = await runPlans(session, { ...request, deck, always: request.always + plans.length, onPlan }, signal);
  const all = [...breaches, ...(report.breaches ?? [])];
  return { ...report, ...(all.length === 0 ? {} : { breaches: all }), search: summary() };
}

function telling({ tell }: Caller<VerifyEvent>, lock: string): (event: PlanEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'ready':
        return;
      case 'started':
        return tell({ type: 'plan-started', lock, plan: event.plan });
      case 'exhaustive':
        return tell({ type: 'positions', lock, positions: event.positions, plans: event.plans });
      case 'judged': {
        const violations = event.failures.map(({ charged: { finding, hazards } }) => ({
          ...{ property: finding.property, hazards, summary: finding.summary },
          ...(finding.kind === 'application' && { by: 'application' as const }),
        }));
        const { breaches } = event.judgement;
        return tell({ type: 'plan-judged', lock, plan: event.plan, violations, breaches });
      }
    }
  };
}

const isClaimedOn = (module: LockModule, hazard: Hazard): boolean =>
  PROPERTIES.some((property) => claimOn(module.claims, property, hazard) !== 'not-applicable');
