/** `up` and `down`: start backends once and leave them running, for runs that then need not start their own. */
import { Option, type Command } from 'commander';
import { BACKENDS, type Backend } from 'holdfast-locks';
import { hostAndPort } from '../backends/address.ts';
import type { Kept } from '../backends/kept/protocol.ts';
import { UsageError } from '../base/errors.ts';
import { hint } from '../commands/names.ts';
import { down as endAll, up as startAll, UP_CHOICES, type UpEvent } from '../commands/up.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { wholeNumber } from './options.ts';

interface UpOptions {
  readonly backends?: string;
  readonly backend: (typeof UP_CHOICES)[number];
  readonly copies: number;
  readonly json?: boolean;
}

export function addUp(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('up')
    .description('start backends and leave them running: runs borrow them, "down" ends them')
    .option('--backends <names>', 'which, comma-separated; default: every backend of the catalogue that can run here')
    .addOption(new Option('--backend <provisioner>', 'how servers are started').choices(UP_CHOICES).default('auto'))
    .option('--copies <n>', 'of each; a run that verifies uses two side by side', wholeNumber(1), 2)
    .option('--json', 'print one JSON object')
    .action(async (options: UpOptions) => done(await up(options)));
}

export function addDown(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('down')
    .description('end the backends that "up" has started')
    .action(async () => done(await down()));
}

async function up({ backends, backend, copies, json }: UpOptions): Promise<ExitCode> {
  const show = (event: UpEvent): void => {
    if (event.type === 'left-out') process.stderr.write(`holdfast: ${event.reason}\n`);
    else if (json !== true)
      process.stdout.write(`starting ${event.copies} × ${event.backend} (${event.topology}), ${event.provisioner}\n`);
  };
  const chosen = backends === undefined ? undefined : backends.split(',').map(parseBackend);
  const { kept } = await startAll({ backends: chosen, backend, copies }, { onEvent: show });
  if (json === true) process.stdout.write(`${JSON.stringify({ kept })}\n`);
  else for (const one of kept) process.stdout.write(`${lineOf(one)}\n`);
  return EXIT.ok;
}

async function down(): Promise<ExitCode> {
  const wereUp = await endAll();
  process.stdout.write(wereUp ? 'Everything that "up" had started has ended.\n' : 'Nothing is up.\n');
  return EXIT.ok;
}

function parseBackend(name: string): Backend {
  const backend = BACKENDS.find((one) => one === name.trim());
  if (backend === undefined) throw new UsageError(`--backends: "${name}" is no backend${hint(name, BACKENDS)}`);
  return backend;
}

function lineOf({ backend, topology, version, nodes }: Kept): string {
  const where = nodes.map(({ endpoint }) => hostAndPort(endpoint)).join(', ');
  return `${backend} ${version} (${topology}): ${where}`;
}
