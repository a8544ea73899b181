/** What comes of a command that makes a report. */
import type { Backend, Topology } from 'holdfast-locks';
import type { Choice } from '../backends/choose.ts';
import type { Report } from '../report/report.ts';

export interface RunResult {
  /** What `report.json` holds. Of what was seen until then, if the signal ended it. */
  readonly report: Report;
  /** The run folder; `undefined` when it was interrupted before there was anything to write. */
  readonly folder: string | undefined;
  /** Whether the signal ended it. */
  readonly interrupted: boolean;
}

/** The report is in its folder, as `latest` too; what was started for the run has yet to be ended. */
export interface ReportedEvent {
  readonly type: 'reported';
  readonly report: Report;
  readonly folder: string;
}

/** A lock's turn has come: where it runs, and why there. */
export interface LockEvent {
  readonly type: 'lock';
  readonly lock: string;
  readonly backend: Backend;
  readonly topology: Topology;
  readonly provisioner: Choice['kind'];
  readonly reason: string;
}
