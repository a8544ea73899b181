/** Loading one lock: servers and workers that stay up between rounds, and a report of what the rounds came to. */
import { mkdir } from 'node:fs/promises';
import { startDeployment, type RealProvisioner } from '../backends/choose.ts';
import { layoutOf, type Deployment } from '../backends/deployment.ts';
import type { Session } from '../backends/session.ts';
import { UsageError } from '../base/errors.ts';
import { nodesOf } from '../plan/plan.ts';
import { startCrew, type Crew } from '../run/crew.ts';
import { SubjectAccount } from '../run/subject-account.ts';
import type { LockUnderTest } from '../run/request.ts';
import type { LockReport } from '../report/report.ts';
import { Account } from './account.ts';
import { writeHdrFiles } from './hdr-files.ts';
import { LiveBoard } from './live.ts';
import type { Load, Round } from '../report/load.ts';
import { readOwnShare } from './own-share.ts';
import { planOf } from './plan.ts';
import { runRound } from './round.ts';
import type { LoadSettings, LoadShape } from './settings.ts';
import { Totals } from './totals.ts';
import { tripsPerCycle } from './trips.ts';

export type Figures = ReturnType<Totals['figures']>;
export type Stretch = Figures & ReturnType<Totals['load']> & { readonly round: Round };

export interface Bench extends AsyncDisposable {
  /** Measures one stretch. When the signal of the benchmark aborts, of what was measured until then. */
  round(): Promise<Round>;
  /**
   * Ends the workers and the servers and starts others: what a process has for as long as it lives, such as what its compiler
   * chose or the processor that it runs on, would otherwise be in all rounds alike.
   */
  restart(): Promise<void>;
  /** Of all rounds until now. */
  figures(): Figures;
  /** Measures one stretch under another load: judged as the others are, and kept out of the figures of the report. */
  stretch(shape: LoadShape): Promise<Stretch>;
  /** Adds to what the report says of the load. */
  note(part: Partial<Load>): void;
  /** Of all rounds until now; their histograms are written into the folder. */
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
  const { kind } = provisioner;
  let deployment = await deploymentOf(session, lock, settings, kind, signal);
  const commandsPerCycle = await tripsPerCycle(session, lock, deployment);
  const name = `${session.proxyPrefix}bench-${benches++}`;
  let crews = 0;
  const subject = new SubjectAccount();
  const gather = (): Promise<Crew> =>
    startCrew(session, {
      ...{ name: `${name}-${crews++}`, module: lock.module, moduleUrl: lock.url, options: lock.options },
      ...{ workers, deployment, linked: proxied, withResource: false, onMessage: subject.hear },
    });
  let crew = await gather();
  session.onClose(() => crew.stop());
  const harness = await readOwnShare(crew, settings);
  const account = new Account({ run: session.id, lock, settings, deployment, commandsPerCycle });
  const began = performance.now();
  const startedAt = new Date();
  let stretches = 0;
  /** One stretch under this load, for these totals. */
  const measure = async (totals: Totals): Promise<Round> => {
    const shape = totals.shape;
    const plan = planOf(lock, { ...settings, ...shape }, stretches++);
    const board = new LiveBoard(shape);
    const { onLive } = settings;
    const atMs = performance.now() - began;
    const outcome = await runRound(
      {
        ...{ plan, shape, crew, deployment, seed: settings.seed + plan.index },
        liveMs: onLive === undefined ? undefined : board.everyMs,
        onLive: (worker, live) => {
          const figures = board.take(worker, live);
          if (figures !== undefined)
            onLive?.({ ...figures, lock: lock.module.name, doing: doing(lock, plan.hazards, shape) });
        },
      },
      signal,
    );
    return account.take(plan, outcome, atMs, totals);
  };
  let extra: Partial<Load> = harness === undefined ? {} : { harness };
  return {
    round: () => measure(account.totals),
    async restart() {
      await crew.stop();
      await deployment?.stop();
      deployment = await deploymentOf(session, lock, settings, kind, signal);
      crew = await gather();
    },
    figures: () => account.totals.figures(),
    async stretch(shape) {
      signal.throwIfAborted();
      const totals = new Totals(shape);
      const round = await measure(totals);
      return { ...totals.figures(), ...totals.load(), round };
    },
    note: (part) => {
      extra = { ...extra, ...part };
    },
    report: async () => {
      await writeHdrFiles(settings.folder, lock.module.name, startedAt, account.totals);
      return { ...account.report(extra), ...subject.report() };
    },
    async [Symbol.asyncDispose]() {
      await crew.stop();
      await deployment?.stop();
    },
  };
}

function doing({ module }: LockUnderTest, [hazard = 'none']: readonly string[], { mode }: LoadShape): string {
  const rate = mode.kind === 'open' ? ` at ${Math.round(mode.perSecond)}/s` : '';
  return hazard === 'none' ? `${module.name}${rate}` : `${module.name}${rate} under ${hazard}`;
}

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
