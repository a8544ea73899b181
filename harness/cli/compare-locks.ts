/** Measuring the locks of a comparison, a few at a time in turns. */
import { join } from 'node:path';
import { startProgress } from './progress.ts';
import { paintFor } from '../../reports/terminal/paint.ts';
import type { Session } from '../backends/session.ts';
import type { Entry } from '../compare/entry.ts';
import { measureInTurns, type Target } from '../compare/measure.ts';
import { UsageError } from '../base/errors.ts';
import { isSettled, judgeChanges, LOOKS, type Limits } from '../gates/change.ts';
import type { Round } from '../report/load.ts';
import { DEFAULT_SHAPE, type LoadShape } from '../load/settings.ts';
import { inspectMachine } from '../run/machine.ts';
import type { LockUnderTest } from '../run/request.ts';
import { loadSettingsOf, type BenchOptions } from './bench-locks.ts';
import type { Config } from './config.ts';
import { externalFrom } from './external-options.ts';
import { referenceLocks, resolveLock, resolveLocks } from './locks.ts';
import { fileName } from './run-name.ts';

export interface CompareOptions extends BenchOptions {
  readonly all?: boolean;
  /** So many and no more; default: until it is settled. */
  readonly rounds?: number;
  readonly baseline?: string;
  /** Shares. */
  readonly warn?: number;
  readonly fail?: number;
}

/** Short rounds and many of them: what disturbs one is outvoted by the others. */
export const SHAPE: LoadShape = { ...DEFAULT_SHAPE, warmUpMs: 500, durationMs: 2000 };

/** More servers and workers than those of so many locks would be in each other's way, even idle. */
const TOGETHER = 6;

interface Measured {
  readonly entries: readonly Entry[];
  /** One of the entries. */
  readonly baseline: Entry | undefined;
  /** How often the rounds may have been looked at. */
  readonly looks: number;
  readonly seed: number;
}

interface Named extends Target {
  readonly label: string;
}

/**
 * @param mayTakeTurns whether `--baseline` is a lock
 * @throws UsageError, InfrastructureError
 */
export async function measureLocks(
  session: Session,
  options: CompareOptions & { readonly folder: string; readonly limits: Limits },
  config: Config,
  mayTakeTurns: boolean,
  signal: AbortSignal,
): Promise<Measured> {
  const { folder, limits } = options;
  const quiet = options.quiet === true || options.json === true;
  const progress = startProgress({ output: process.stderr, quiet, paint: paintFor(process.stderr), units: 'turns' });
  try {
    const before = mayTakeTurns && options.baseline !== undefined ? [await resolveLock(options.baseline)] : [];
    const locks = [...before, ...(await locksOf(options, config))];
    const labels = labelsOf(locks, before.length);
    const backend = options.backend ?? config.backend ?? 'auto';
    const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
    const common = { options, backend, external: externalFrom(options, config.external, backend), seed };
    const targets: Named[] = [];
    for (const [index, lock] of locks.entries()) {
      const label = labels[index] ?? lock.module.name;
      const settings = await loadSettingsOf(lock, common, join(folder, fileName(label)), SHAPE);
      if (settings.provisioner.kind === 'sim' && options.all === true)
        progress.note(`${label} is left out: ${settings.provisioner.reason}`);
      else targets.push({ lock, settings, label });
    }
    if (targets.length === 0)
      throw new UsageError('nothing can be measured here: "npm run doctor" says what is missing');
    const machine = await inspectMachine(targets[0]?.settings.leaseMs ?? 1000);
    const entries: Entry[] = [];
    const hasBaseline = before.length > 0;
    const looks = looksOf(options, hasBaseline);
    const rounds = looks.at(-1) ?? 0;
    const enough = (measured: readonly (readonly Round[])[]): boolean => {
      const [first = [], ...others] = measured;
      const judging = { paired: true, limits, looks: looks.length };
      return others.every((other) => isSettled(judgeChanges(first, { label: '', rounds: other }, judging), limits));
    };
    let done = 0;
    progress.update({ total: targets.length * rounds });
    // A baseline takes turns with every batch of candidates, hence there can be only one batch of them.
    const together = hasBaseline ? targets.length : TOGETHER;
    for (let from = 0; from < targets.length && !signal.aborted; from += together) {
      const batch = targets.slice(from, from + together);
      progress.update({ doing: `starting ${batch.map(({ label }) => label).join(', ')}` });
      const onTurn = (target: Target, round: number): void => {
        const { label = '' } = batch.find((one) => one === target) ?? {};
        const most = looks.length === 1 ? `of ${rounds}` : `of at most ${rounds}`;
        progress.update({ doing: `${label}, round ${round + 1} ${most}`, done: done++ });
      };
      const reports = await measureInTurns(session, batch, { looks, enough, seed, onTurn }, signal);
      for (const [index, report] of reports.entries()) {
        const { label = report.name, lock } = batch[index] ?? {};
        entries.push({
          label,
          report,
          machine,
          turn: from,
          ...(lock === undefined ? {} : { claims: lock.module.claims }),
        });
      }
    }
    return { entries, baseline: hasBaseline ? entries[0] : undefined, looks: looks.length, seed };
  } finally {
    progress.stop();
  }
}

/** Ranks are given after as many rounds as the first look; a gate looks on until it is settled. */
function looksOf({ rounds }: CompareOptions, hasBaseline: boolean): readonly number[] {
  if (rounds !== undefined) return [rounds];
  return hasBaseline ? LOOKS : LOOKS.slice(0, 1);
}

async function locksOf(options: CompareOptions, config: Config): Promise<LockUnderTest[]> {
  if (options.all === true) return referenceLocks();
  const impl = options.impl ?? config.impl;
  if (impl === undefined)
    throw new UsageError('what shall be compared? Give finished runs, --impl NAME,NAME (see "npm run list"), or --all');
  return resolveLocks(impl);
}

/** Names; of those that are the same, the places they come from. */
function labelsOf(locks: readonly LockUnderTest[], baselines: number): string[] {
  const names = locks.map(({ module }, index) => (index < baselines ? `${module.name} (baseline)` : module.name));
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}
