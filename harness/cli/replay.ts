/** `replay`: runs a plan again. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { isPromise } from 'holdfast-locks/internal/claims';
import { parsePlan, PlanError, type Plan } from '../plan/plan.ts';
import { UsageError } from '../base/errors.ts';
import type { ExitCode } from '../verdict/exit-codes.ts';
import { readReport } from './read-report.ts';
import { backendOptions, outputOptions, wholeNumber } from './options.ts';
import { shrinkAndVerify, verifyPlan } from './verify.ts';
import type { VerifyOptions } from './verify-locks.ts';

export function addReplay(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('replay')
    .description('run a saved plan again')
    .argument('<plan|run>', 'a plan file, or a run folder: then the plan of its first counterexample')
    .addOption(new Option('--runs <n>', 'how often').argParser(wholeNumber(1)).default(1))
    .option('--shrink', 'look for a smaller plan that shows the same violation, and run that one');
  for (const option of [...backendOptions(), ...outputOptions()]) command.addOption(option);
  command.action(async (path: string, options: VerifyOptions & { readonly shrink?: boolean }) => {
    const plan = loadPlan(path);
    done(await (options.shrink === true ? shrinkAndVerify(plan, options) : verifyPlan(plan, options)));
  });
}

/** @throws UsageError in one line that names the file and what is wrong with it. */
export function loadPlan(path: string): Plan {
  if (!existsSync(path)) throw new UsageError(`${path}: no such plan or run folder`);
  const file = statSync(path).isDirectory() ? counterexampleOf(path) : path;
  try {
    return parsePlan(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof PlanError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function counterexampleOf(folder: string): string {
  const cells = readReport(folder).locks.flatMap((lock) => lock.cells);
  const violated = cells.filter((cell) => cell.verdict === 'violated' && cell.plan !== undefined);
  const cell = violated.find(({ claim }) => isPromise(claim)) ?? violated[0];
  if (cell?.plan === undefined)
    throw new UsageError(`${folder} has no counterexample to replay: name one of its plan files`);
  return join(folder, cell.plan);
}
