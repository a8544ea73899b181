/** Verifying locks one after another, and making one report of it. */
import { join } from 'node:path';
import type { Choice } from '../backends/choose.ts';
import { addressesOf } from '../backends/external.ts';
import { InfrastructureError, UsageError } from '../base/errors.ts';
import type { Session } from '../backends/session.ts';
import { withThresholds } from '../gates/judge-thresholds.ts';
import type { LockReport } from '../report/report.ts';
import { inspectMachine } from '../run/machine.ts';
import { CutShort } from '../run/cut-short.ts';
import type { LockUnderTest } from '../run/request.ts';
import { conclude } from '../verdict/exit-codes.ts';
import type { Caller } from './caller.ts';
import { chooseProvisioner } from './choose-provisioner.ts';
import { fileName } from './file-name.ts';
import { inSession, unlessAborted } from './in-session.ts';
import { topologyOf } from './locks.ts';
import type { RunResult } from './result.ts';
import { beginRun, namedAfter } from './run-folder.ts';
import type { VerifyEvent } from './verify-events.ts';
import { verifyLock } from './verify-lock.ts';
import type { VerifySettings } from './verify-settings.ts';

/** In a session of its own; the report is written when anything was judged. */
export function verifyLocks(
  locks: readonly LockUnderTest[],
  settings: VerifySettings,
  caller: Caller<VerifyEvent>,
): Promise<RunResult> {
  return inSession((session) => verifyIn(session, locks, settings, caller));
}

async function verifyIn(
  session: Session,
  locks: readonly LockUnderTest[],
  settings: VerifySettings,
  caller: Caller<VerifyEvent>,
): Promise<RunResult> {
  const { request } = settings;
  const { signal, tell } = caller;
  await using run = await beginRun(namedAfter(locks), request.out, caller.command);
  const { folder } = run;
  const leftOut = [...(settings.leftOut ?? [])];
  /** @throws what it is given, where the lock was named */
  const leaveOut = ({ module: { name } }: LockUnderTest, error: unknown): void => {
    const isReason = error instanceof UsageError || error instanceof InfrastructureError;
    if (settings.leftOut === undefined || !isReason) throw error;
    leftOut.push({ name, reason: error.message });
  };
  const chosen: { readonly lock: LockUnderTest; readonly provisioner: Choice }[] = [];
  for (const lock of locks) {
    try {
      chosen.push({ lock, provisioner: await provisionerOf(lock, request) });
    } catch (error) {
      leaveOut(lock, error);
    }
  }
  const machine = await inspectMachine(settings.leaseMs);
  const locksReported: LockReport[] = [];
  let trouble: string | undefined;
  for (const { lock, provisioner } of chosen) {
    const place = { provisioner, folder: locks.length === 1 ? folder : join(folder, fileName(lock.module.name)) };
    try {
      const verified = await unlessAborted(signal, () => verifyLock(session, lock, place, settings, caller));
      if (verified === undefined) break;
      locksReported.push(withThresholds(verified, settings.thresholds));
    } catch (error) {
      if (error instanceof CutShort) locksReported.push(withThresholds(error.report, settings.thresholds));
      if (settings.leftOut !== undefined) {
        leaveOut(lock, error);
        continue;
      }
      if (!(error instanceof InfrastructureError) || locksReported.length === 0) throw error;
      trouble = error.message;
      break;
    }
  }
  const interrupted = signal.aborted;
  const report = run.report({
    machine,
    profile: request.profile,
    seed: request.seed,
    locks: locksReported,
    ...(leftOut.length === 0 ? {} : { leftOut }),
    ...conclude(locksReported, { requireAll: request.requireAll }, interrupted, trouble),
  });
  if (interrupted && locksReported.every(({ cells }) => cells.every(({ runs }) => runs === 0)))
    return { report, folder: undefined, interrupted };
  await run.write(report);
  tell({ type: 'reported', report, folder });
  return { report, folder, interrupted };
}

/** @throws InfrastructureError where there is nothing that it could run on, UsageError where it does not run on what was asked for */
async function provisionerOf({ module }: LockUnderTest, request: VerifySettings['request']): Promise<Choice> {
  const topology = topologyOf(module, request.topology);
  const choice = await chooseProvisioner(request.backend, module, topology);
  if (choice.kind === 'external') addressesOf({ backend: module.backend, topology }, request.external);
  return choice;
}
