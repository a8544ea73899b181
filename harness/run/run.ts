/** Runs a deck of plans against one lock, in arenas side by side, and reports what they showed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hazard } from '../../implementations/claims.ts';
import type { LockModule, Topology } from '../../implementations/lock.ts';
import { startDeployment, type Choice } from '../backends/choose.ts';
import { layoutOf, type Limits } from '../backends/deployment.ts';
import type { ExternalConfig } from '../backends/external-config.ts';
import type { Session } from '../backends/session.ts';
import { allSettled } from '../all-settled.ts';
import { nodesOf, type Plan } from '../plan/plan.ts';
import { judge, type Judgement } from '../verdict/judge.ts';
import { Matrix, type Evidence } from '../verdict/matrix.ts';
import { Metrics } from '../verdict/metrics.ts';
import type { Cell, LockReport } from '../verdict/report.ts';
import { witnessOf } from '../verdict/story.ts';
import { Arena } from './arena.ts';
import { headerOf, mergeEvents, writeHistory } from './merge.ts';

export interface LockUnderTest {
  /** As the user named it: a name of the catalogue, or a path. */
  readonly reference: string;
  readonly module: LockModule;
  readonly url: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface RunRequest {
  readonly lock: LockUnderTest;
  readonly topology: Topology;
  readonly provisioner: Choice;
  readonly external: ExternalConfig | undefined;
  readonly workers: number;
  readonly leaseMs: number;
  readonly deck: readonly Plan[];
  /** Hazards that exist for the lock; those on the profile's list must be exercised. */
  readonly hazards: readonly Hazard[];
  readonly listed: readonly Hazard[];
  /** Arenas side by side. */
  readonly arenas: number;
  /** No new plan starts after this many milliseconds, but for the first `always` of the deck. */
  readonly timeMs: number;
  readonly always: number;
  /** Ends the run at the first evidence for which this says so. */
  readonly endsAt: (evidence: Evidence) => boolean;
  /** Where plans and histories are written. */
  readonly folder: string;
  readonly onPlan: (event: PlanEvent) => void;
}

export type PlanEvent =
  | { readonly type: 'ready'; readonly version: string; readonly limits: Limits }
  | { readonly type: 'started'; readonly plan: Plan }
  | {
      readonly type: 'judged';
      readonly plan: Plan;
      readonly judgement: Judgement;
      readonly failure: Evidence | undefined;
    };

/**
 * @returns the report of the lock. When `signal` aborts, of what was seen until then.
 * @throws InfrastructureError, UsageError
 */
export async function runPlans(session: Session, request: RunRequest, signal: AbortSignal): Promise<LockReport> {
  const arenas = await startArenas(session, request, signal);
  const deployment = arenas[0]?.deployment;
  const limits = deployment?.limits ?? {};
  request.onPlan({ type: 'ready', version: deployment?.version ?? '-', limits });
  await mkdir(request.folder, { recursive: true });
  const matrix = new Matrix({ ...request, claims: request.lock.module.claims, limits });
  const metrics = new Metrics();
  const totals = { increments: 0, overruns: 0, refusedStale: 0 };
  const queue = request.deck.filter((plan) => plan.hazards.every((hazard) => limits[hazard] === undefined));
  const endsAtMs = performance.now() + request.timeMs;
  let next = 0;
  let ended = false;

  /** One arena's trouble ends the others. */
  const trouble = new AbortController();
  const stop = AbortSignal.any([signal, trouble.signal]);
  const drain = async (arena: Arena): Promise<void> => {
    while (!ended && !stop.aborted) {
      const plan = queue[next];
      if (plan === undefined || (next >= request.always && performance.now() > endsAtMs)) return;
      next++;
      request.onPlan({ type: 'started', plan });
      const { files, elapsedMs } = await arena.run(plan, stop);
      const events = await mergeEvents(files);
      const header = headerOf(session.id, plan);
      await writeFile(join(request.folder, planFile(plan)), `${JSON.stringify(plan, null, 2)}\n`);
      await writeHistory(join(request.folder, historyFile(plan)), header, events);
      const judgement = judge(plan, header, events);
      const plain = plan.practice === undefined && plan.hazards.every((hazard) => hazard === 'none');
      if (plain) metrics.add(events, plan, elapsedMs);
      totals.increments += judgement.increments;
      totals.overruns += judgement.overruns;
      totals.refusedStale += judgement.refusedStale;
      const failure = matrix.add(judgement);
      request.onPlan({ type: 'judged', plan, judgement, failure });
      if (failure !== undefined && request.endsAt(failure)) ended = true;
    }
  };
  // All of them end before the report is made: what one is still writing belongs into it.
  const ends = arenas.map((arena) =>
    drain(arena).catch((error: unknown) => {
      trouble.abort(error);
      throw error;
    }),
  );
  await allSettled(ends).catch((error: unknown) => {
    if (!signal.aborted) throw trouble.signal.reason ?? error;
  });
  // The next lock has the machine to itself. What cannot be stopped is told when the session ends.
  await allSettled(arenas.map((arena) => arena.stop())).catch(() => undefined);
  const { module } = request.lock;
  return {
    name: module.name,
    summary: module.summary,
    backend: {
      kind: module.backend,
      topology: request.topology,
      provisioner: request.provisioner.kind,
      provisionerReason: request.provisioner.reason,
      version: deployment?.version ?? '-',
      settings: { ...deployment?.settings },
    },
    workers: request.workers,
    leaseMs: request.leaseMs,
    cells: matrix.cells(citing(request.folder)),
    notTestable: Object.entries(limits)
      .filter(([hazard]) => request.hazards.includes(hazard as Hazard))
      .map(([hazard, reason]) => ({ hazard: hazard as Hazard, reason })),
    ...totals,
    ...metrics.summary(),
  };
}

async function startArenas(session: Session, request: RunRequest, signal: AbortSignal): Promise<Arena[]> {
  const { module } = request.lock;
  const start = async (index: number): Promise<Arena> => {
    const deployment =
      layoutOf(module.backend, request.topology) === undefined
        ? undefined
        : await startDeployment(
            session,
            request.provisioner.kind,
            {
              backend: module.backend,
              topology: request.topology,
              proxies: request.workers * nodesOf(request.topology),
              signal,
            },
            request.external,
          );
    if (deployment !== undefined) session.onClose(() => deployment.stop());
    const arena = await Arena.start(session, {
      ...{
        name: `${session.proxyPrefix}arena-${index}`,
        module,
        moduleUrl: request.lock.url,
        options: request.lock.options,
      },
      ...{ workers: request.workers, deployment },
    });
    session.onClose(() => arena.stop());
    return arena;
  };
  return allSettled(Array.from({ length: request.arenas }, (_, index) => start(index)));
}

const fileOf = (kind: 'plan' | 'history', plan: Plan, ending: string): string =>
  `${kind}-${String(plan.index).padStart(3, '0')}.${ending}`;
export const planFile = (plan: Plan): string => fileOf('plan', plan, 'json');
export const historyFile = (plan: Plan): string => fileOf('history', plan, 'ndjson');

/** How a cell points at what shows it. */
function citing(folder: string): (evidence: Evidence) => Required<Pick<Cell, 'witness' | 'plan' | 'replay'>> {
  return ({ charged, judgement }) => ({
    witness: witnessOf(judgement.plan, judgement.events, charged.finding, judgement.bitten),
    plan: planFile(judgement.plan),
    replay: `npm run replay -- ${join(folder, planFile(judgement.plan))}`,
  });
}
