/** The folder that a run leaves behind, and what its report says whatever was done: of which run, when, where, and by which command. */
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { writeReports } from '../../reports/reporters.ts';
import { REPORT_VERSION, type Report } from '../report/report.ts';
import { makeOutputFolder } from './output-folder.ts';
import type { LockUnderTest } from '../run/request.ts';
import { fileName } from './file-name.ts';
import { VERSION } from './version.ts';

/** A run that has begun. When it is disposed of, folders that it has made are removed if nothing was put into them. */
export interface BegunRun extends AsyncDisposable {
  /** Where what it leaves behind is put: its own, whoever else begins a run at the same time. */
  readonly folder: string;
  report(content: ReportContent): Report;
  /** Writes the report in every format, and makes the folder `latest`. */
  write(report: Report): Promise<void>;
}

export type ReportContent = Omit<Report, 'schemaVersion' | 'tool' | 'run' | 'startedAt' | 'elapsedMs' | 'command'>;

/** Names a run of these locks. */
export function namedAfter([first, second]: readonly LockUnderTest[]): string {
  return second === undefined ? (first?.module.name ?? '') : 'locks';
}

/** @param what names the run, after the moment at which it began */
export async function beginRun(what: string, out: string, command: string): Promise<BegunRun> {
  const startedAt = new Date();
  const began = performance.now();
  const made = makeOutputFolder(out);
  const name = await claim(out, `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}-${what}`);
  const folder = join(out, fileName(name));
  return {
    folder,
    report: (content) => ({
      schemaVersion: REPORT_VERSION,
      tool: { name: 'holdfast', version: VERSION },
      run: name,
      startedAt: startedAt.toISOString(),
      elapsedMs: performance.now() - began,
      command,
      ...content,
    }),
    write: async (report) => {
      await writeReports(report, folder);
      linkLatest(folder);
    },
    [Symbol.asyncDispose]: async () => {
      if (!(await removeEmpty(folder)) || made === undefined) return;
      for (let path = resolve(out); await removeEmpty(path); path = dirname(path)) if (path === resolve(made)) return;
    },
  };
}

/** Makes a folder of that name; where there is one, of the same with a number after it. */
async function claim(out: string, wanted: string, number = 1): Promise<string> {
  const name = number === 1 ? wanted : `${wanted}-${number}`;
  try {
    await mkdir(join(out, fileName(name)));
    return name;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return claim(out, wanted, number + 1);
  }
}

/** Removes the folder unless there is a file in it. @returns whether it did */
async function removeEmpty(folder: string): Promise<boolean> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (!entry.isDirectory() || !(await removeEmpty(join(folder, entry.name)))) return false;
  // Somebody may have put something into it meanwhile.
  return rmdir(folder).then(
    () => true,
    () => false,
  );
}

function linkLatest(folder: string): void {
  const link = join(folder, '..', 'latest');
  // Renamed into place: runs that end at the same time take turns.
  const fresh = `${link}-${process.pid}`;
  rmSync(fresh, { force: true });
  symlinkSync(basename(folder), fresh);
  renameSync(fresh, link);
}
