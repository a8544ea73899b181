/** What GitHub Actions is told of a run: its summary on the page of the job, and annotations. */
import { appendFileSync } from 'node:fs';
import { annotationsOf } from '../../reports/annotations.ts';
import { renderMarkdown } from '../../reports/markdown.ts';
import type { Report } from '../report/report.ts';

/** GitHub refuses the summary of a step beyond 1 MiB. */
const SUMMARY_BYTES = 1024 * 1024;

type Environment = Readonly<Partial<Record<string, string>>>;

/** Does nothing outside of GitHub Actions. Annotations go to stderr, for stdout may be read as JSON. */
export function tellGitHub(report: Report, folder: string, environment: Environment = process.env): void {
  const { GITHUB_ACTIONS: isAction, GITHUB_STEP_SUMMARY: summary } = environment;
  if (isAction === 'true') for (const line of annotationsOf(report)) process.stderr.write(`${line}\n`);
  if (summary !== undefined && summary !== '') appendFileSync(summary, `${shortEnough(report, folder)}\n`);
}

function shortEnough(report: Report, folder: string): string {
  const whole = renderMarkdown(report);
  if (Buffer.byteLength(whole) < SUMMARY_BYTES) return whole;
  const { locks: _, comparison: __, ...head } = report;
  return `${renderMarkdown({ ...head, locks: [] })}\nToo long to be shown here: see ${folder}/summary.md.\n`;
}
