/** The program: one command line, one exit code. */
import { Command, CommanderError } from 'commander';
import { callOf } from '../base/call.ts';
import { redact } from '../backends/address.ts';
import { InfrastructureError, UsageError } from '../base/errors.ts';
import { RequestError } from '../commands/request.ts';
import { keepPlan } from '../commands/keep-plan.ts';
import { VERSION } from '../commands/version.ts';
import { UnfinishedRun } from '../plan/errors.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { asOptions } from './as-options.ts';
import { addAlerts } from './alerts.ts';
import { addBench } from './bench.ts';
import { addCheck } from './check.ts';
import { addCompare } from './compare.ts';
import { addConformance } from './conformance.ts';
import { addDoctor } from './doctor.ts';
import { addInit } from './init.ts';
import { addList } from './list.ts';
import { addLocks } from './locks.ts';
import { addReplay } from './replay.ts';
import { addReport } from './report.ts';
import { addSoak } from './soak.ts';
import { addSetup } from './setup.ts';
import { addSpecimens } from './specimens.ts';
import { addSubject } from './subject.ts';
import { addDown, addUp } from './up.ts';
import { addVerify } from './verify.ts';

/** Longer than what is ours takes to end once it has been told to. */
const LEFT_RUNNING_MS = 2000;

/** @returns the exit code; errors that users can cause are one clear line on stderr. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const done = (result: ExitCode): void => {
    code = result;
  };
  const program = new Command('holdfast')
    .description('Does your lock hold, and how fast?')
    .version(VERSION)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) });
  for (const add of [
    addVerify,
    addBench,
    addCompare,
    addReplay,
    addConformance,
    addSubject,
    addInit,
    addCheck,
    addReport,
    addList,
    addDoctor,
    addSetup,
    addUp,
    addDown,
    addLocks,
    addAlerts,
    addSpecimens,
    addSoak,
  ])
    add(program, done);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return explain(error);
  }
}

/** Commander's `error: …` and, on a line of its own, what was probably meant. */
function oneLine(text: string): string {
  const message = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ');
  return `holdfast: ${redact(message)} (--help shows what there is)\n`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function explain(error: unknown): ExitCode {
  // Commander has printed its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const message = redact(error instanceof RequestError ? asOptions(error.message) : messageOf(error));
  process.stderr.write(
    `holdfast: ${error instanceof UsageError ? message.replaceAll('\n', '\nholdfast: ') : message}\n`,
  );
  if (error instanceof UnfinishedRun)
    process.stderr.write(`  ${callOf('replay', keepPlan(error.plan, 'runs', 'unfinished'), '--backend', 'sim')}\n`);
  if (error instanceof UsageError) return EXIT.usage;
  // What the system refuses (files, ports) needs no more words than its own.
  if (!(error instanceof InfrastructureError) && error instanceof Error && !('syscall' in error))
    process.stderr.write(`${redact(error.stack ?? '')}\n`);
  return EXIT.infrastructure;
}

// Whoever reads our output may stop reading, as "head" does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  process.stderr.write(`holdfast: the output cannot be written: ${error.message}\n`);
  process.exit(EXIT.infrastructure);
});
process.stderr.on('error', () => process.exit(EXIT.infrastructure));
// A mistake of ours says nothing of a lock, and must not look like a finding.
process.on('uncaughtException', (error: unknown) => {
  process.stderr.write(`holdfast: this is a mistake of holdfast itself, please report it: ${redact(String(error))}\n`);
  process.exit(EXIT.infrastructure);
});
process.exitCode = await main(process.argv.slice(2));
// `conformance` runs the lock in this process: what one leaves running keeps the program no longer than a moment.
setTimeout(() => process.exit(), LEFT_RUNNING_MS).unref();
