/** Showing a report: on the terminal or as JSON, and as files in a run folder. */
import { rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadReporter, writeReports } from '../../reports/reporter.ts';
import type { Report } from '../verdict/report.ts';

export interface Shown {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Writes the report into its run folder, makes it `latest`, and prints it. */
export async function showReport(report: Report, folder: string, shown: Shown): Promise<void> {
  await writeReports(report, folder);
  linkLatest(folder);
  await printReport(report, shown);
  if (!shown.json) process.stdout.write(`Report: ${join(folder, 'report.html')}\n`);
}

export async function printReport(report: Report, shown: Shown): Promise<void> {
  const reporter = await loadReporter(shown.json ? 'json' : 'terminal');
  process.stdout.write(reporter.render(report));
}

function linkLatest(folder: string): void {
  const link = join(folder, '..', 'latest');
  rmSync(link, { force: true });
  symlinkSync(basename(folder), link);
}
