/** Loading locks one after another, and making one report of it. */
import { join } from 'node:path';
import type { Hazard } from 'holdfast-locks/internal/claims';
import { startProgress, type Progress } from './progress.ts';
import { paintFor } from '../../reports/terminal/paint.ts';
import { milliseconds } from '../../reports/wording.ts';
import type { BackendChoice } from '../backends/choose.ts';
import { chooseProvisioner } from '../commands/choose-provisioner.ts';
import { addressesOf } from '../backends/external.ts';
import type { ExternalConfig } from '../backends/external-config.ts';
import type { Session } from '../backends/session.ts';
import { UsageError } from '../base/errors.ts';
import { withThresholds, type Threshold } from '../gates/threshold.ts';
import { openBench } from '../load/bench.ts';
import { openMetrics } from '../load/metrics-server.ts';
import { PRESETS, runPreset, type Preset } from '../load/presets.ts';
import { saturate } from '../load/saturate.ts';
import { benchSimulated } from '../load/sim-bench.ts';
import { DEFAULT_SHAPE, type LiveFigures, type LoadSettings, type LoadShape } from '../load/settings.ts';
import { inspectMachine } from '../run/machine.ts';
import type { LockUnderTest } from '../run/request.ts';
import type { LockReport, Report } from '../report/report.ts';
import { conclude } from '../verdict/exit-codes.ts';
import { shapeOf, type LoadOptions } from './load-options.ts';
import { topologyOf } from './locks.ts';
import { beginRun, namedAfter } from './new-report.ts';
import { fileName } from './run-name.ts';
import type { Shown } from './render.ts';

export interface BenchOptions extends LoadOptions, Shown {
  readonly impl?: string;
  readonly saturation?: boolean;
  readonly preset?: string;
  readonly metricsPort?: number;
  readonly out?: string;
}

export interface BenchSettings {
  readonly options: BenchOptions;
  readonly backend: BackendChoice;
  readonly external: ExternalConfig;
  readonly out: string;
  readonly seed: number;
  readonly thresholds: readonly Threshold[];
}

export async function benchLocks(
  session: Session,
  locks: readonly LockUnderTest[],
  settings: BenchSettings,
  signal: AbortSignal,
): Promise<{ report: Report; folder: string }> {
  const { options, seed, thresholds } = settings;
  const run = beginRun(namedAfter(locks), settings.out);
  const { folder } = run;
  const all: (readonly [LockUnderTest, LoadSettings])[] = [];
  for (const lock of locks) {
    const subfolder = locks.length === 1 ? folder : join(folder, fileName(lock.module.name));
    const { preset } = options;
    const load = await loadSettingsOf(lock, settings, subfolder, presetNamed(preset).shape);
    all.push([lock, preset === undefined ? load : { ...load, preset }]);
  }
  const machine = await inspectMachine(all[0]?.[1].leaseMs ?? 1000);
  const progress = startProgress({
    output: process.stderr,
    quiet: options.quiet === true || options.json === true,
    paint: paintFor(process.stderr),
    units: 's',
  });
  const metrics = options.metricsPort === undefined ? undefined : await openMetrics(options.metricsPort);
  if (metrics !== undefined) session.onClose(() => metrics.close());
  const reports: LockReport[] = [];
  try {
    const show = showing(
      progress,
      all.map(([, load]) => load),
      options.saturation === true,
    );
    for (const [lock, load] of all) {
      if (signal.aborted) break;
      const { kind, reason } = load.provisioner;
      progress.note(`${lock.module.name} on ${lock.module.backend} (${load.topology}), ${kind}: ${reason}`);
      if (kind === 'sim')
        progress.note('simulated: what follows is not a speed; its milliseconds are virtual, a round trip takes one');
      progress.update({ doing: `starting ${lock.module.backend} (${load.topology})` });
      const measured = await benchLock(
        session,
        lock,
        {
          ...load,
          onLive: (live) => {
            show.live(live);
            metrics?.take(live);
          },
        },
        options,
        signal,
      );
      reports.push(withThresholds(measured, thresholds));
      show.next();
    }
  } finally {
    progress.stop();
  }
  const strictness = { requireAll: false };
  const report = run.report({
    machine,
    profile: 'bench',
    seed,
    locks: reports,
    ...conclude(reports, strictness, signal.aborted),
  });
  return { report, folder };
}

async function benchLock(
  session: Session,
  lock: LockUnderTest,
  settings: LoadSettings,
  { saturation, preset }: BenchOptions,
  signal: AbortSignal,
): Promise<LockReport> {
  if (settings.provisioner.kind === 'sim') return benchSimulated(lock, settings);
  await using bench = await openBench(session, lock, settings, signal);
  try {
    for (let round = 0; round < Math.max(1, settings.hazards.length) && !signal.aborted; round += 1)
      await bench.round();
    if (preset !== undefined) await runPreset(bench, presetNamed(preset), settings);
    if (saturation === true) await saturate(bench, settings, stepMs(settings));
  } catch (error) {
    // What was measured until then is reported.
    if (!signal.aborted) throw error;
  }
  return bench.report();
}

const presetNamed = (name = ''): Preset => PRESETS[name] ?? { shape: DEFAULT_SHAPE, parts: [] };

/** Faults that touch processes alone. */
const OF_PROCESSES: readonly Hazard[] = [
  ...(['client-pause', 'client-crash', 'server-pause', 'server-crash', 'server-crash-volatile', 'failover'] as const),
];

/** @throws UsageError for options that contradict themselves or the lock */
export async function loadSettingsOf(
  { module }: LockUnderTest,
  { options, backend, external, seed }: Pick<BenchSettings, 'options' | 'backend' | 'external' | 'seed'>,
  folder: string,
  base?: LoadShape,
): Promise<LoadSettings> {
  const topology = topologyOf(module, options.topology);
  const provisioner = await chooseProvisioner(backend, module.backend, topology);
  if (provisioner.kind === 'external') addressesOf({ backend: module.backend, topology }, external);
  const hazards = (options.hazard ?? []).filter((hazard) => hazard !== 'none');
  const cut = hazards.find((hazard) => options.proxy === false && !OF_PROCESSES.includes(hazard));
  if (cut !== undefined) throw new UsageError(`--no-proxy: ${cut} is a fault of the network, which needs the proxies`);
  return {
    ...shapeOf(options, module, base),
    ...{ topology, provisioner, external, hazards, seed, folder },
    proxied: options.proxy ?? hazards.length > 0,
  };
}

/** Of one stretch of a search for the capacity. */
const stepMs = ({ durationMs }: LoadSettings): number => Math.min(5000, Math.max(1000, durationMs / 4));
/** About so many stretches such a search takes, each with its warm-up. */
const STEPS = 12;

/** Seconds of all rounds of all locks, and how the present one goes. */
function showing(
  progress: Progress,
  all: readonly LoadSettings[],
  saturation: boolean,
): { readonly live: (figures: LiveFigures) => void; readonly next: () => void } {
  const lengths = all.map(
    (load) =>
      (load.warmUpMs + load.durationMs) * Math.max(1, load.hazards.length) +
      (saturation ? STEPS * stepMs(load) * 1.25 : 0),
  );
  const total = Math.round(lengths.reduce((sum, length) => sum + length, 0) / 1000);
  let doneMs = 0;
  let roundMs = 0;
  let last = 0;
  return {
    live: ({ doing, elapsedMs, perSecond, acquire, errors }) => {
      // A round that begins anew has another before it.
      if (elapsedMs < last) roundMs += last;
      last = elapsedMs;
      const trouble = errors === 0 ? '' : `, ${errors} errors`;
      progress.update({
        doing: `${doing}: ${Math.round(perSecond)}/s, p99 ${milliseconds(acquire.p99)} ms${trouble}`,
        done: Math.min(total, Math.round((doneMs + roundMs + elapsedMs) / 1000)),
        total,
      });
    },
    next: () => {
      doneMs += lengths.shift() ?? 0;
      roundMs = 0;
      last = 0;
    },
  };
}
