/** One report, several formats: each is one file behind this interface. */
import type { Report } from '../harness/report/report.ts';

export type Format = 'terminal' | 'json' | 'html' | 'markdown' | 'junit' | 'benchmark' | 'benchmark-throughput';

export interface Reporter {
  readonly format: Format;
  /** Its file in a run folder. */
  readonly fileName: string;
  /** The whole content of that file; a pure function of the report. */
  render(report: Report): string;
}
