/** Leases in words and in events. */
import type { HistoryInfo } from '../history/read.ts';
import type { WorkerFaults } from './faults.ts';
import { moment } from './findings.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';

/** Such as `worker 2 (lease c2.0.7)`. */
export function nameOf({ info, faults }: LockHistory, lease: Lease): string {
  const who =
    info.header.workers === undefined ? `process ${lease.process}` : `worker ${faults.workerOf(lease.process)}`;
  return `${who} (lease ${lease.id})`;
}

export function keyName(key: string): string {
  return key === '' ? 'the lock' : `"${key}"`;
}

/** Where the events are that say how long the service held a lease. */
export function serviceRefs(lease: Lease, faults: WorkerFaults): number[] {
  const { renewal, release, lost } = lease;
  const kill = release?.outcome === 'released' ? undefined : faults.killOf(lease.process)?.ref;
  return [
    lease.acquireRef,
    lease.answerRef,
    ...(renewal === undefined ? [] : [renewal.ref]),
    ...(release === undefined ? [] : [release.ref, release.answerRef]),
    ...(lost === undefined ? [] : [lost.ref]),
    ...(kill === undefined ? [] : [kill]),
  ];
}

/** Why the service must have held a lease until its least end. */
export function endInWords(info: HistoryInfo, lease: Lease, end: number): string {
  if (lease.release?.outcome === 'released') return `its release, called at ${moment(info, end)}, answered "released"`;
  if (end === Infinity) return 'nothing had ended it';
  if (end === lease.release?.called) return `its release was not called before ${moment(info, end)}`;
  if (end === lease.lost?.at) return `its loss was told at ${moment(info, end)}`;
  if (end === lease.deadline) return `its deadline was ${moment(info, end)}`;
  return `its worker was killed at ${moment(info, end)}`;
}
