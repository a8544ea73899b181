/** Every reporter, and writing a report in several formats. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '../harness/report/report.ts';
import type { Format, Reporter } from './reporter.ts';

/** Loaded when asked for: the charts of the HTML report take a while to load. */
const REPORTERS: Readonly<Record<Format, () => Promise<Reporter>>> = {
  terminal: async () => (await import('./terminal.ts')).terminalReporter,
  json: async () => (await import('./json.ts')).jsonReporter,
  html: async () => (await import('./html.ts')).htmlReporter,
  markdown: async () => (await import('./markdown.ts')).markdownReporter,
  junit: async () => (await import('./junit.ts')).junitReporter,
  benchmark: async () => (await import('./benchmark.ts')).benchmarkReporter,
  'benchmark-throughput': async () => (await import('./benchmark.ts')).throughputReporter,
};

/** The formats that a run folder holds. */
const RUN_FOLDER_FORMATS: readonly Format[] = [
  'json',
  'html',
  'markdown',
  'junit',
  'benchmark',
  'benchmark-throughput',
];

export async function loadReporter(format: Format): Promise<Reporter> {
  return REPORTERS[format]();
}

/**
 * Writes `report` into `folder` (made if missing) in each of `formats`.
 *
 * @returns the paths written, in the order of `formats`. `report.json` comes first by default, so that the run can be
 * rendered again should a later format fail.
 */
export async function writeReports(
  report: Report,
  folder: string,
  formats: readonly Format[] = RUN_FOLDER_FORMATS,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const format of formats) {
    const reporter = await loadReporter(format);
    const path = join(folder, reporter.fileName);
    await writeFile(path, reporter.render(report));
    paths.push(path);
  }
  return paths;
}
