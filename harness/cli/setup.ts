/** `setup`: installs what the native provisioner lacks, and says before what it will do. */
import type { Command } from 'commander';
import { callOf } from '../base/call.ts';
import { install } from '../backends/install.ts';
import {
  describeSteps,
  requirementsOf,
  SETUP_BACKENDS,
  testRequirements,
  type SetupBackend,
} from '../backends/requirements.ts';
import { UsageError } from '../base/errors.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { hint } from './names.ts';

interface SetupOptions {
  readonly backends: string;
  readonly forTests?: boolean;
  readonly dryRun?: boolean;
}

export function addSetup(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('setup')
    .description('install the servers that the native provisioner lacks on Debian or Ubuntu')
    .option('--backends <names>', `servers, comma-separated, or "all": ${SETUP_BACKENDS.join(', ')}`, 'all')
    .option('--for-tests', "also what the project's own tests need: Chromium, a Docker engine")
    .option('--dry-run', 'only say what would be done')
    .action(async (options: SetupOptions) => done(await setup(options)));
}

async function setup(options: SetupOptions): Promise<ExitCode> {
  const backends = parseBackends(options.backends);
  const required = [...requirementsOf(backends), ...(options.forTests ? testRequirements() : [])];
  const missing = required.filter(({ found }) => found === undefined);
  if (missing.length === 0) {
    process.stdout.write(`Nothing to do: everything for ${backends.join(', ')} is installed.\n`);
    return EXIT.ok;
  }
  process.stdout.write(`Will ${options.dryRun ? '(dry run) ' : ''}do this:\n`);
  for (const step of describeSteps(missing)) process.stdout.write(`  - ${step}\n`);
  if (options.dryRun) return EXIT.ok;
  await install(missing);
  process.stdout.write(`Done. "${callOf('doctor')}" shows what this machine can run.\n`);
  return EXIT.ok;
}

export function parseBackends(text: string): readonly SetupBackend[] {
  if (text === 'all') return SETUP_BACKENDS;
  return text.split(',').map((name) => {
    const backend = SETUP_BACKENDS.find((one) => one === name.trim());
    if (backend === undefined)
      throw new UsageError(`--backends: "${name}" is not a server that can be set up${hint(name, SETUP_BACKENDS)}`);
    return backend;
  });
}
