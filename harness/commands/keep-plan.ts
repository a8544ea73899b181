/** Keeping plans, for `replay`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../plan/plan.ts';
import { fileName } from './file-name.ts';
import { makeOutputFolder } from './output-folder.ts';

/** @param what begins the name of the file. @returns where the plan is kept */
export function keepPlan(plan: Plan, out: string, what = 'shrunk'): string {
  makeOutputFolder(out);
  const file = join(out, `${what}-${fileName(plan.lock)}-${plan.seed}-${plan.index}.json`);
  writeFileSync(file, `${JSON.stringify(plan, null, 2)}\n`);
  return file;
}
