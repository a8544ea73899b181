/** `report`: renders a run again from its saved files. */
import { join } from 'node:path';
import { z } from 'zod';
import { writeReports } from '../../reports/reporters.ts';
import type { Report } from '../report/report.ts';
import { readReport } from './read-report.ts';
import { parseRequest } from './request.ts';

export interface ReportRequest {
  /** The run folder; default `runs/latest` in the current folder. */
  readonly run?: string;
}

export interface ReportResult {
  readonly report: Report;
  readonly folder: string;
}

const shape = { run: z.string().min(1).default(join('runs', 'latest')) } satisfies Record<
  keyof ReportRequest,
  z.ZodType
>;
const reportRequestSchema = z.strictObject(shape);

export async function report(request: ReportRequest = {}): Promise<ReportResult> {
  const { run: folder } = parseRequest('report', reportRequestSchema, request);
  const read = readReport(folder);
  await writeReports(read, folder);
  return { report: read, folder };
}
