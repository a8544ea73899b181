/** A run that the infrastructure has ended after plans of it were judged. */
import { InfrastructureError } from '../base/errors.ts';
import type { LockReport } from '../report/report.ts';

export class CutShort extends InfrastructureError {
  /** Of the plans until then. */
  readonly report: LockReport;

  constructor(cause: InfrastructureError, report: LockReport) {
    super(cause.message, { cause });
    this.report = report;
  }
}
