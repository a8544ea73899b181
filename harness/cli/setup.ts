/** `setup`: installs what the native provisioner lacks, and says before what it will do. */
import { callOf } from '../base/call.ts';
import type { Command } from 'commander';
import { SETUP_BACKENDS, USUAL_BACKENDS, type SetupBackend } from '../backends/requirements.ts';
import { UsageError } from '../base/errors.ts';
import { hint } from '../commands/names.ts';
import { setup as setUp, type SetupEvent } from '../commands/setup.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';

interface SetupOptions {
  readonly backends?: string;
  readonly subjects?: string;
  readonly forTests?: boolean;
  readonly dryRun?: boolean;
}

export function addSetup(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('setup')
    .description('install the servers that the native provisioner lacks on Debian or Ubuntu')
    .option(
      '--backends <names>',
      `servers, comma-separated: ${SETUP_BACKENDS.join(', ')}; or "all", the default: all but mysql`,
    )
    .option('--subjects <languages>', 'instead: build the locks in these languages, or "all"')
    .option('--for-tests', "also what the project's own tests need: Chromium, a Docker engine")
    .option('--dry-run', 'only say what would be done')
    .action(async (options: SetupOptions) => done(await setup(options)));
}

async function setup(options: SetupOptions): Promise<ExitCode> {
  const subjects = options.subjects?.split(',').map((language) => language.trim());
  const backends = options.backends === undefined ? undefined : parseBackends(options.backends);
  const show = (event: SetupEvent): void => {
    if (event.type === 'output') process.stderr.write(event.text);
    else if (event.steps.length > 0) process.stdout.write(announce(event.steps, options.dryRun === true));
  };
  const { forTests, dryRun } = options;
  const { steps } = await setUp({ backends, subjects, forTests, dryRun }, { onEvent: show });
  if (steps.length === 0)
    process.stdout.write(
      `Nothing to do: everything for ${(backends ?? subjects ?? SETUP_BACKENDS).join(', ')} is there.\n`,
    );
  else if (dryRun !== true) process.stdout.write(`Done. "${callOf('doctor')}" shows what this machine can run.\n`);
  return EXIT.ok;
}

const announce = (steps: readonly string[], dryRun: boolean): string =>
  `Will ${dryRun ? '(dry run) ' : ''}do this:\n${steps.map((step) => `  - ${step}\n`).join('')}`;

function parseBackends(text: string): readonly SetupBackend[] {
  if (text === 'all') return USUAL_BACKENDS;
  return text.split(',').map((name) => {
    const backend = SETUP_BACKENDS.find((one) => one === name.trim());
    if (backend === undefined)
      throw new UsageError(`--backends: "${name}" is not a server that can be set up${hint(name, SETUP_BACKENDS)}`);
    return backend;
  });
}
