/** `report.json`: the report itself, for programs; `report.schema.json` describes it. */
import { z } from 'zod';
import { reportSchema, type Report } from '../harness/report/report.ts';
import type { Reporter } from './reporter.ts';

/** Throws a `ZodError` naming the field where `report` does not fulfil its own schema. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(reportSchema.parse(report), undefined, 2)}\n`;
}

export const jsonReporter: Reporter = { format: 'json', fileName: 'report.json', render: renderJson };

/** The JSON Schema (draft 2020-12) of `report.json`. It allows unknown fields, so that reports may grow. */
export function reportJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    title: 'Holdfast report',
    description: 'What `report.json` holds, and what `verify --json` and `bench --json` print.',
    ...z.toJSONSchema(reportSchema, { io: 'input', target: 'draft-2020-12' }),
  };
}
