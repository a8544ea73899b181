/** What every report says, whatever was done: of which run, when, where, and by which command. */
import { join } from 'node:path';
import type { LockUnderTest } from '../run/request.ts';
import { REPORT_VERSION, type Report } from '../report/report.ts';
import { commandOf, fileName } from './run-name.ts';
import { VERSION } from './version.ts';

/** A run that has begun. */
export interface BegunRun {
  /** Where what it leaves behind is put. */
  readonly folder: string;
  report(content: ReportContent): Report;
}

export type ReportContent = Omit<Report, 'schemaVersion' | 'tool' | 'run' | 'startedAt' | 'elapsedMs' | 'command'>;

/** Names a run of these locks. */
export function namedAfter([first, second]: readonly LockUnderTest[]): string {
  return second === undefined ? (first?.module.name ?? '') : 'locks';
}

/** @param what names the run, after the moment at which it began */
export function beginRun(what: string, out: string): BegunRun {
  const startedAt = new Date();
  const began = performance.now();
  const name = `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}-${what}`;
  return {
    folder: join(out, fileName(name)),
    report: (content) => ({
      schemaVersion: REPORT_VERSION,
      tool: { name: 'holdfast', version: VERSION },
      run: name,
      startedAt: startedAt.toISOString(),
      elapsedMs: performance.now() - began,
      command: commandOf(process.argv.slice(2)),
      ...content,
    }),
  };
}
