/** Showing a report: on the terminal or as JSON, and to GitHub. */
import { renderJson } from '../../reports/json.ts';
import { renderTerminal } from '../../reports/terminal.ts';
import { paintFor } from '../../reports/terminal/paint.ts';
import type { Report } from '../report/report.ts';
import { tellGitHub } from './github.ts';

export interface Shown {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Shows the report of a run that has been written into its folder. */
export function showReport(report: Report, folder: string, shown: Shown): void {
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
