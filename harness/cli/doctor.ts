/** `doctor`: what this machine can run, and the command that adds what it cannot. */
import type { Command } from 'commander';
import { callOf } from '../base/call.ts';
import { dockerVersion } from '../backends/engine.ts';
import { requirementsOf, SETUP_BACKENDS } from '../backends/requirements.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';

export function addDoctor(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('doctor')
    .description('show what this machine can run, and the command that adds what it cannot')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => done(await doctor(options)));
}

async function doctor(options: { readonly json?: boolean }): Promise<ExitCode> {
  const engine = await dockerVersion();
  const requirements = requirementsOf(SETUP_BACKENDS);
  const missing = requirements.filter(({ found }) => found === undefined);
  const remedy = missing.length === 0 ? undefined : callOf('setup', '--backends', 'all');
  if (options.json) {
    const native = requirements.map(({ name, found, neededFor }) => ({ name, found: found ?? null, neededFor }));
    const report = { node: process.versions.node, docker: engine ?? null, native, remedy: remedy ?? null };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return EXIT.ok;
  }
  const lines = [
    ['Node', process.versions.node],
    ['docker', engine === undefined ? 'no engine answers' : `engine ${engine} answers`],
    ...requirements.map(({ name, found, neededFor }) => [name, found ?? `missing: needed natively for ${neededFor}`]),
  ];
  for (const [name = '', what = ''] of lines) process.stdout.write(`${name.padEnd(14)} ${what}\n`);
  const auto = engine !== undefined ? 'docker' : missing.length === 0 ? 'native' : 'nothing yet';
  process.stdout.write(`\n"--backend auto" would use: ${auto}\n`);
  if (remedy !== undefined) process.stdout.write(`To add what is missing: ${remedy}\n`);
  return EXIT.ok;
}
