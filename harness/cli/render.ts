/** Showing a report: on the terminal or as JSON, and as files in a run folder. */
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { renderJson } from '../../reports/json.ts';
import { writeReports } from '../../reports/reporters.ts';
import { renderTerminal } from '../../reports/terminal.ts';
import { paintFor } from '../../reports/terminal/paint.ts';
import type { Report } from '../report/report.ts';
import { tellGitHub } from './github.ts';

export interface Shown {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Writes the report into its run folder, makes it `latest`, and prints it. */
export async function showReport(report: Report, folder: string, shown: Shown): Promise<void> {
  await writeReports(report, folder);
  linkLatest(folder);
  tellGitHub(report, folder);
  printReport(report, folder, shown);
}

export function printReport(report: Report, folder: string, shown: Shown): void {
  const { columns } = process.stdout;
  const text = shown.json
    ? renderJson(report)
    : renderTerminal(report, {
        paint: paintFor(process.stdout),
        folder,
        ...(columns === undefined ? {} : { width: columns }),
      });
  process.stdout.write(text);
}

function linkLatest(folder: string): void {
  const link = join(folder, '..', 'latest');
  // Renamed into place: runs that end at the same time take turns.
  const fresh = `${link}-${process.pid}`;
  rmSync(fresh, { force: true });
  symlinkSync(basename(folder), fresh);
  renameSync(fresh, link);
}
