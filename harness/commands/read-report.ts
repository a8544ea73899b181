/** Reading a saved report back. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../base/errors.ts';
import { parseJson } from '../base/json.ts';
import { describeIssues } from '../base/issues.ts';
import { REPORT_VERSION, reportSchema, type Report } from '../report/report.ts';
import { readText } from './read-text.ts';

/**
 * @param folder a run folder, or the report itself
 * @throws UsageError for a folder without a report, or a report that this program does not know.
 */
export function readReport(folder: string): Report {
  const file = folder.endsWith('.json') ? folder : join(folder, 'report.json');
  if (!existsSync(file)) throw new UsageError(`${folder} is no run folder: it has no report.json`);
  let value: unknown;
  try {
    value = parseJson(readText(file));
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const { schemaVersion } = z.looseObject({ schemaVersion: z.number() }).catch({ schemaVersion: 0 }).parse(value);
  if (schemaVersion > REPORT_VERSION)
    throw new UsageError(`${file} is of version ${schemaVersion}; this program knows up to ${REPORT_VERSION}`);
  const parsed = reportSchema.safeParse(value);
  if (!parsed.success) throw new UsageError(`${file} is not a valid report: ${describeIssues(parsed.error)}`);
  return parsed.data;
}
