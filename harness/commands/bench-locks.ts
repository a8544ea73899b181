/** Loading locks one after another, and making one report of it. */
import { join } from 'node:path';
import type { Session } from '../backends/session.ts';
import { withThresholds } from '../gates/judge-thresholds.ts';
import { parseThreshold } from '../gates/threshold.ts';
import { openBench } from '../load/bench.ts';
import { openMetrics } from '../load/metrics-server.ts';
import { PRESETS, runPreset, type Preset } from '../load/presets.ts';
import { saturate } from '../load/saturate.ts';
import { DEFAULT_SHAPE, type LiveFigures, type LoadSettings } from '../load/settings.ts';
import { benchSimulated } from '../load/sim-bench.ts';
import type { LockReport } from '../report/report.ts';
import { inspectMachine } from '../run/machine.ts';
import type { LockUnderTest } from '../run/request.ts';
import { conclude } from '../verdict/exit-codes.ts';
import { benchApplication } from './bench-application.ts';
import type { BenchEvent, BenchParsed } from './bench-request.ts';
import type { Caller } from './caller.ts';
import { fileName } from './file-name.ts';
import { inSession, unlessAborted } from './in-session.ts';
import { loadSettingsOf } from './load-settings.ts';
import type { RunResult } from './result.ts';
import { beginRun, namedAfter } from './run-folder.ts';

type Loaded = readonly [LockUnderTest, LoadSettings];

/** In a session of its own; the report is written when anything was measured. */
export function benchLocks(
  locks: readonly LockUnderTest[],
  request: BenchParsed,
  caller: Caller<BenchEvent>,
): Promise<RunResult> {
  return inSession((session) => benchIn(session, locks, request, caller));
}

async function benchIn(
  session: Session,
  locks: readonly LockUnderTest[],
  request: BenchParsed,
  { signal, tell, command }: Caller<BenchEvent>,
): Promise<RunResult> {
  await using run = await beginRun(namedAfter(locks), request.out, command);
  const { folder } = run;
  const thresholds = request.thresholds.map(parseThreshold);
  const all: Loaded[] = [];
  for (const lock of locks) {
    const subfolder = locks.length === 1 ? folder : join(folder, fileName(lock.module.name));
    all.push([lock, await settingsOf(lock, request, subfolder)]);
  }
  const machine = await inspectMachine(all[0]?.[1].leaseMs ?? 1000);
  const metrics = request.metricsPort === undefined ? undefined : await openMetrics(request.metricsPort);
  if (metrics !== undefined) session.onClose(() => metrics.close());
  const expected = all.map(([{ module }, load]) => ({ lock: module.name, expectedMs: expectedMs(load, request) }));
  tell({ type: 'planned', locks: expected });
  const onLive = (live: LiveFigures): void => {
    tell({ type: 'live', ...live });
    metrics?.take(live);
  };
  const reports: LockReport[] = [];
  for (const [lock, load] of all) {
    const { name, backend } = lock.module;
    const measured = await unlessAborted(signal, () => {
      const { kind: provisioner, reason } = load.provisioner;
      tell({ type: 'lock', lock: name, backend, topology: load.topology, provisioner, reason });
      return benchLock(session, lock, { ...load, onLive }, request, signal);
    });
    if (measured === undefined) break;
    reports.push(withThresholds(measured, thresholds));
    tell({ type: 'lock-measured', lock: name });
  }
  const interrupted = signal.aborted;
  const report = run.report({
    ...{ machine, profile: 'bench', seed: request.seed, locks: reports },
    ...conclude(reports, { requireAll: false }, interrupted),
  });
  if (interrupted && reports.length === 0) return { report, folder: undefined, interrupted };
  await run.write(report);
  tell({ type: 'reported', report, folder });
  return { report, folder, interrupted };
}

async function settingsOf(lock: LockUnderTest, request: BenchParsed, folder: string): Promise<LoadSettings> {
  const { preset, hazards } = request;
  const base = presetNamed(preset).shape;
  const load = await loadSettingsOf(lock, request, { folder, base, hazards });
  return preset === undefined ? load : { ...load, preset };
}

async function benchLock(
  session: Session,
  lock: LockUnderTest,
  settings: LoadSettings,
  { saturation, preset }: BenchParsed,
  signal: AbortSignal,
): Promise<LockReport> {
  if (settings.application !== undefined)
    return benchApplication(session, lock, { ...settings, application: settings.application }, signal);
  if (settings.provisioner.kind === 'sim') return benchSimulated(lock, settings);
  await using bench = await openBench(session, lock, settings, signal);
  try {
    for (let round = 0; round < Math.max(1, settings.hazards.length) && !signal.aborted; round += 1)
      await bench.round();
    if (preset !== undefined) await runPreset(bench, presetNamed(preset), settings);
    if (saturation) await saturate(bench, settings, stepMs(settings));
  } catch (error) {
    // What was measured until then is reported.
    if (!signal.aborted) throw error;
  }
  return bench.report();
}

const presetNamed = (name = ''): Preset => PRESETS[name] ?? { shape: DEFAULT_SHAPE, parts: [] };

/** Of one stretch of a search for the capacity. */
const stepMs = ({ durationMs }: LoadSettings): number => Math.min(5000, Math.max(1000, durationMs / 4));
/** About so many stretches such a search takes, each with its warm-up. */
const STEPS = 12;

const expectedMs = (load: LoadSettings, { saturation }: BenchParsed): number =>
  (load.warmUpMs + load.durationMs) * Math.max(1, load.hazards.length) + (saturation ? STEPS * stepMs(load) * 1.25 : 0);
