/** Measuring the locks of a comparison, a few at a time in turns. */
import { callOf } from '../base/call.ts';
import { join } from 'node:path';
import type { Session } from '../backends/session.ts';
import { UsageError } from '../base/errors.ts';
import type { Entry } from '../compare/entry.ts';
import { measureInTurns, type Target } from '../compare/measure.ts';
import { isSettled, judgeChanges, LOOKS, type Limits } from '../gates/change.ts';
import type { Round } from '../report/load.ts';
import { inspectMachine } from '../run/machine.ts';
import type { LockUnderTest } from '../run/request.ts';
import type { Caller } from './caller.ts';
import type { CompareEvent, CompareParsed } from './compare-request.ts';
import { fileName } from './file-name.ts';
import { COMPARED_SHAPE } from './load-request.ts';
import { loadSettingsOf } from './load-settings.ts';
import { RequestError } from './request.ts';
import { locksOf, resolveLock } from './locks.ts';

/** More servers and workers than those of so many locks would be in each other's way, even idle. */
const TOGETHER = 6;

interface Measured {
  readonly entries: readonly Entry[];
  /** One of the entries. */
  readonly baseline: Entry | undefined;
  /** How often the rounds may have been looked at. */
  readonly looks: number;
}

interface Named extends Target {
  readonly label: string;
}

interface CompareSettings {
  readonly folder: string;
  readonly limits: Limits;
  /** Whether `baseline` is a lock. */
  readonly mayTakeTurns: boolean;
}

/** @throws UsageError, InfrastructureError */
export async function measureLocks(
  session: Session,
  request: CompareParsed,
  { folder, limits, mayTakeTurns }: CompareSettings,
  { signal, tell }: Caller<CompareEvent>,
): Promise<Measured> {
  const { seed } = request;
  const before = mayTakeTurns && request.baseline !== undefined ? [await resolveLock(request.baseline)] : [];
  const hasBaseline = before.length > 0;
  const targets = await targetsOf([...before, ...(await locksOf(request))], before.length, request, folder, tell);
  const machine = await inspectMachine(targets[0]?.settings.leaseMs ?? 1000);
  const entries: Entry[] = [];
  const looks = looksOf(request, hasBaseline);
  const rounds = looks.at(-1) ?? 0;
  const enough = (measured: readonly (readonly Round[])[]): boolean => {
    const [first = [], ...others] = measured;
    const judging = { paired: true, limits, looks: looks.length };
    return others.every((other) => isSettled(judgeChanges(first, { label: '', rounds: other }, judging), limits));
  };
  let done = 0;
  tell({ type: 'planned', turns: targets.length * rounds });
  // A baseline takes turns with every batch of candidates, hence there can be only one batch of them.
  const together = hasBaseline ? targets.length : TOGETHER;
  for (let from = 0; from < targets.length && !signal.aborted; from += together) {
    const batch = targets.slice(from, from + together);
    tell({ type: 'starting', locks: batch.map(({ label }) => label) });
    const onTurn = (target: Target, index: number): void => {
      const { label: lock = '' } = batch.find((one) => one === target) ?? {};
      const round = index + 1;
      tell({ type: 'turn', lock, done: done++, round, rounds, settlesEarlier: looks.length > 1 });
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
  return { entries, baseline: hasBaseline ? entries[0] : undefined, looks: looks.length };
}

/** Those that can be measured here. @throws UsageError when none can */
async function targetsOf(
  locks: readonly LockUnderTest[],
  baselines: number,
  request: CompareParsed,
  folder: string,
  tell: (event: CompareEvent) => void,
): Promise<Named[]> {
  const labels = labelsOf(locks, baselines);
  const targets: Named[] = [];
  for (const [index, lock] of locks.entries()) {
    const label = labels[index] ?? lock.module.name;
    const place = { folder: join(folder, fileName(label)), base: COMPARED_SHAPE };
    const settings = await loadSettingsOf(lock, request, place);
    if (settings.application !== undefined)
      throw new RequestError(`\`scenario\` ${settings.application}: locks are not compared by it; "bench" counts it`);
    const { kind, reason } = settings.provisioner;
    if (kind === 'sim' && request.all) tell({ type: 'left-out', lock: label, reason });
    else targets.push({ lock, settings, label });
  }
  if (targets.length === 0)
    throw new UsageError(`nothing can be measured here: "${callOf('doctor')}" says what is missing`);
  return targets;
}

/** Ranks are given after as many rounds as the first look; a gate looks on until it is settled. */
function looksOf({ rounds }: CompareParsed, hasBaseline: boolean): readonly number[] {
  if (rounds !== undefined) return [rounds];
  return hasBaseline ? LOOKS : LOOKS.slice(0, 1);
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
