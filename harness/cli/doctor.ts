/** `doctor`: what this machine can run, and the command that adds what it cannot. */
import { callOf } from '../base/call.ts';
import type { Command } from 'commander';
import { doctor as inspect } from '../commands/doctor.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';

export function addDoctor(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('doctor')
    .description('show what this machine can run, and the command that adds what it cannot')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => done(await doctor(options)));
}

async function doctor(options: { readonly json?: boolean }): Promise<ExitCode> {
  const { node, docker, native, subjects } = await inspect();
  const isComplete = native.every(({ found }) => found !== null);
  const unbuilt = new Set(subjects.filter(({ built }) => !built).map(({ language }) => language));
  const remedy = isComplete ? null : callOf('setup', '--backends', 'all');
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ node, docker, native, subjects, remedy })}\n`);
    return EXIT.ok;
  }
  const lines = [
    ['Node', node],
    ['docker', docker === null ? 'no engine answers' : `engine ${docker} answers`],
    ...native.map(({ name, found, neededFor }) => [name, found ?? `missing: needed natively for ${neededFor}`]),
  ];
  for (const [name = '', what = ''] of lines) process.stdout.write(`${name.padEnd(14)} ${what}\n`);
  const auto = docker !== null ? 'docker' : isComplete ? 'native' : 'nothing yet';
  process.stdout.write(`\n"--backend auto" would use: ${auto}\n`);
  if (subjects.length > 0) process.stdout.write('\nLocks in other languages\n');
  for (const { name, language, missing, built } of subjects)
    process.stdout.write(`  ${name.padEnd(30)} ${language}: ${missing ?? (built ? 'ready' : 'not built yet')}\n`);
  if (unbuilt.size > 0)
    process.stdout.write(
      `To build them before they are run: ${callOf('setup', '--subjects', [...unbuilt].join(','))}\n`,
    );
  if (remedy !== null) process.stdout.write(`To add what is missing: ${remedy}\n`);
  return EXIT.ok;
}
