/** Files that the usual tools of HdrHistogram open: `.hlog` (intervals) and `.hgrm` (percentiles). */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HistogramLogWriter, type Histogram } from 'hdr-histogram-js';
import { FIGURES } from './meter.ts';
import type { Totals } from './totals.ts';

/** Values are recorded in microseconds and shown in milliseconds. */
const US_PER_MS = 1000;
/** Lines for each halving of the distance to 100 %, as the tools have it. */
const TICKS_PER_HALF = 5;

/** One interval of a log; times in milliseconds since the log began. */
export interface Interval {
  readonly atMs: number;
  readonly lengthMs: number;
  readonly acquire: Histogram;
}

/** A histogram log of version 1.3, microseconds, its greatest values in milliseconds. */
export function logOf(name: string, startedAt: Date, intervals: readonly Interval[]): string {
  let text = '';
  const log = new HistogramLogWriter((part) => {
    text += part;
  });
  log.outputComment(`[holdfast: waits for ${name}, in microseconds]\n`);
  log.outputLogFormatVersion();
  text += '\n';
  log.outputStartTime(startedAt.getTime());
  log.outputLegend();
  for (const { atMs, lengthMs, acquire } of intervals)
    log.outputIntervalHistogram(acquire, atMs / 1000, (atMs + lengthMs) / 1000, US_PER_MS);
  return text;
}

/** The distribution by percentile, in milliseconds. */
export const percentilesOf = (histogram: Histogram): string =>
  histogram.outputPercentileDistribution(TICKS_PER_HALF, US_PER_MS);

/** Writes `acquire.hlog`, and one `.hgrm` for each operation that was measured. */
export async function writeHdrFiles(folder: string, name: string, startedAt: Date, totals: Totals): Promise<void> {
  await writeFile(join(folder, 'acquire.hlog'), logOf(name, startedAt, totals.intervals));
  for (const figure of FIGURES) {
    const histogram = totals.histograms[figure];
    if (histogram.totalCount > 0) await writeFile(join(folder, `${figure}.hgrm`), percentilesOf(histogram));
  }
}
