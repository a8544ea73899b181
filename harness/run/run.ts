/** Runs a deck of plans against one lock, in arenas side by side, and reports what they showed. */
import { mkdir } from 'node:fs/promises';
import { startDeployment, type RealProvisioner } from '../backends/choose.ts';
import { layoutOf } from '../backends/deployment.ts';
import type { Session } from '../backends/session.ts';
import { InfrastructureError } from '../base/errors.ts';
import { allSettled } from '../base/all-settled.ts';
import { limitedHazards } from '../faults/available.ts';
import { hazardNamed } from '../faults/hazards/table.ts';
import { fitted } from '../faults/duration.ts';
import { nodesOf, type Plan } from '../plan/plan.ts';
import { refusalOf } from '../verdict/answers.ts';
import { judge } from '../verdict/judge.ts';
import type { LockReport } from '../report/report.ts';
import { Arena, type Recorded } from './arena.ts';
import { CutShort } from './cut-short.ts';
import { headerOf } from './merge.ts';
import type { RealRunRequest, RunRequest } from './request.ts';
import { loadScenario } from '../resource/load-scenario.ts';
import { SubjectAccount } from './subject-account.ts';
import { Results } from './results.ts';
import { judgeOf, scenarioUrl } from './scenarios.ts';
import { Vigil } from './vigil.ts';

/** Of a plan, while the machine is disturbed. */
const ATTEMPTS = 3;
/** A plan that begins in time may end so much later. */
const OVERRUN_MS = 10_000;

/**
 * @returns the report of the lock. When `signal` aborts, of what was seen until then.
 * @throws InfrastructureError, UsageError
 */
export async function runPlans(session: Session, request: RealRunRequest, signal: AbortSignal): Promise<LockReport> {
  const scenario = await loadScenario(scenarioUrl(request.scenario));
  const account = new SubjectAccount();
  const arenas = await startArenas(session, request, request.provisioner.kind, account, signal);
  const deployment = arenas[0]?.deployment;
  const limits = limitedHazards(request.topology, deployment?.limits ?? {});
  request.onPlan({ type: 'ready', version: deployment?.version ?? '-', limits });
  await mkdir(request.folder, { recursive: true });
  const results = new Results(request, limits);
  const queue = request.deck.filter((plan) => plan.hazards.every((hazard) => limits[hazard] === undefined));
  const beganAtMs = performance.now();
  const endsAtMs = beganAtMs + request.timeMs;
  let next = 0;
  let ended = false;

  /** The next plan that there is time for, or as much of it; what is left out is told. */
  const nextPlan = (): Plan | undefined => {
    for (;;) {
      const now = performance.now();
      const plan = queue[next];
      const isFirst = next < request.always;
      if (plan === undefined || (!isFirst && now > endsAtMs)) return undefined;
      next++;
      const lighter = fitted(plan, (isFirst ? beganAtMs + request.alwaysMs : endsAtMs + OVERRUN_MS) - now);
      if (lighter === undefined) results.leaveOut(plan, 'the plan');
      else if (lighter.leftOut !== undefined) results.leaveOut(plan, lighter.leftOut);
      if (lighter !== undefined) return lighter.plan;
    }
  };

  /** One arena's trouble ends the others. */
  const trouble = new AbortController();
  const stop = AbortSignal.any([signal, trouble.signal]);
  const drain = async (arena: Arena): Promise<void> => {
    while (!ended && !stop.aborted) {
      const plan = nextPlan();
      if (plan === undefined) return;
      request.onPlan({ type: 'started', plan });
      const reasons: string[] = [];
      const recorded = await undisturbed(arena, plan, stop, (reason) => reasons.push(reason));
      results.disturbed(plan, reasons, recorded !== undefined);
      if (recorded === undefined) continue;
      const { events, elapsedMs, breaches } = recorded;
      const disturbed = plan.faults.some(({ hazard }) => hazardNamed(hazard).strikes !== 'worker');
      const refused = refusalOf(events, disturbed);
      if (refused !== undefined) throw new InfrastructureError(refused);
      const header = headerOf(session.id, plan);
      const judgement = judge(plan, header, events, breaches, judgeOf(scenario, plan));
      await results.write(judgement, header);
      results.measure(judgement, elapsedMs);
      const failures = results.take(judgement);
      request.onPlan({ type: 'judged', plan, judgement, failures });
      if (request.endsAt(failures, judgement.breaches)) ended = true;
    }
  };
  // All of them end before the report is made: what one is still writing belongs into it.
  const ends = arenas.map((arena) =>
    drain(arena).catch((error: unknown) => {
      trouble.abort(error);
      throw error;
    }),
  );
  let failure: unknown;
  await allSettled(ends).catch((error: unknown) => {
    if (!signal.aborted) failure = trouble.signal.reason ?? error;
  });
  // The next lock has the machine to itself. What cannot be stopped is told when the session ends.
  await allSettled(arenas.map((arena) => arena.stop())).catch(() => undefined);
  const servers = { version: deployment?.version ?? '-', settings: { ...deployment?.settings } };
  return unlessCutShort(failure, results, { ...results.report(servers), ...account.report() });
}

/** A plan during which the machine was disturbed says nothing: it is run again, and given up when that happens each time. */
async function undisturbed(
  arena: Arena,
  plan: Plan,
  signal: AbortSignal,
  onDisturbed: (reason: string) => void,
): Promise<Recorded | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const vigil = new Vigil();
    let disturbance: string | undefined;
    const recorded = await arena.run(plan, signal).finally(() => (disturbance = vigil.end()));
    if (disturbance === undefined) return recorded;
    onDisturbed(disturbance);
  }
  return undefined;
}

/** @throws CutShort, where plans had been judged before the infrastructure failed; any other failure as it is */
export function unlessCutShort(failure: unknown, { judged }: Results, report: LockReport): LockReport {
  if (failure === undefined) return report;
  throw failure instanceof InfrastructureError && judged > 0 ? new CutShort(failure, report) : failure;
}

async function startArenas(
  session: Session,
  request: RunRequest,
  provisioner: RealProvisioner,
  { hear }: SubjectAccount,
  signal: AbortSignal,
): Promise<Arena[]> {
  const { module } = request.lock;
  const start = async (index: number): Promise<Arena> => {
    const deployment =
      layoutOf(module.backend, request.topology) === undefined
        ? undefined
        : await startDeployment(
            session,
            provisioner,
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
      ...{ workers: request.workers, deployment, onMessage: hear },
    });
    session.onClose(() => arena.stop());
    return arena;
  };
  return allSettled(Array.from({ length: request.arenas }, (_, index) => start(index)));
}
