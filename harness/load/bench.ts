/** Loading one lock: servers and workers that stay up between rounds, and a report of what the rounds came to. */
import { mkdir } from 'node:fs/promises';
import { startDeployment, type RealProvisioner } from '../backends/choose.ts';
import { layoutOf, type Deployment } from '../backends/deployment.ts';
import type { Session } from '../backends/session.ts';
import { UsageError } from '../errors.ts';
import { nodesOf } from '../plan/plan.ts';
import { startCrew } from '../run/crew.ts';
import type { LockUnderTest } from '../run/request.ts';
import type { LockReport } from '../verdict/report.ts';
import { Account } from './account.ts';
import { LiveBoard } from './live.ts';
import type { Round } from './load-report.ts';
import { planOf } from './plan.ts';
import { runRound } from './round.ts';
import type { LoadSettings } from './settings.ts';
import { tripsPerCycle } from './trips.ts';

export interface Bench extends AsyncDisposable {
  /** Measures one stretch. When the signal of the benchmark aborts, of what was measured until then. */
  round(): Promise<Round>;
  /** Of all rounds until now. */
  report(): Promise<LockReport>;
}

/** Of this process: names of what they start differ. */
let benches = 0;

/**
 * Starts servers and workers for one lock; between rounds they idle.
 * @throws InfrastructureError, UsageError
 */
export async function openBench(
  session: Session,
  lock: LockUnderTest,
  settings: LoadSettings,
  signal: AbortSignal,
): Promise<Bench> {
  const { provisioner, hazards, workers, proxied } = settings;
  if (provisioner.kind === 'sim') throw new UsageError('a simulation has no speed to be compared');
  // What cannot be planned is told before anything is started.
  for (const index of hazards.keys()) planOf(lock, settings, index);
  await mkdir(settings.folder, { recursive: true });
  const deployment = await deploymentOf(session, lock, settings, provisioner.kind, signal);
  const commandsPerCycle = await tripsPerCycle(session, lock, deployment);
  const name = `${session.proxyPrefix}bench-${benches++}`;
  const crew = await startCrew(session, {
    ...{ name, module: lock.module, moduleUrl: lock.url, options: lock.options },
    ...{ workers, deployment, linked: proxied, withResource: false },
  });
  session.onClose(() => crew.stop());
  const account = new Account({ run: session.id, lock, settings, deployment, commandsPerCycle });
  const began = performance.now();
  let rounds = 0;
  return {
    async round() {
      const plan = planOf(lock, settings, rounds++);
      const board = new LiveBoard(settings);
      const { onLive } = settings;
      const atMs = performance.now() - began;
      const outcome = await runRound(
        {
          ...{ plan, shape: settings, crew, deployment, seed: settings.seed + plan.index },
          liveMs: onLive === undefined ? undefined : board.everyMs,
          onLive: (worker, live) => {
            const figures = board.take(worker, live);
            if (figures !== undefined) onLive?.({ ...figures, doing: doing(lock, plan.hazards) });
          },
        },
        signal,
      );
      return account.take(plan, outcome, atMs);
    },
    report: async () => account.report(),
    async [Symbol.asyncDispose]() {
      await crew.stop();
      await deployment?.stop();
    },
  };
}

const doing = ({ module }: LockUnderTest, [hazard = 'none']: readonly string[]): string =>
  hazard === 'none' ? module.name : `${module.name} under ${hazard}`;

async function deploymentOf(
  session: Session,
  { module }: LockUnderTest,
  { topology, proxied, workers, external }: LoadSettings,
  provisioner: RealProvisioner,
  signal: AbortSignal,
): Promise<Deployment | undefined> {
  if (layoutOf(module.backend, topology) === undefined) return undefined;
  const proxies = proxied ? workers * nodesOf(topology) : 0;
  const request = { backend: module.backend, topology, proxies, signal };
  const deployment = await startDeployment(session, provisioner, request, external);
  session.onClose(() => deployment.stop());
  return deployment;
}
