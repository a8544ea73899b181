/** `up` and `down`: start backends once and leave them running, for runs that then need not start their own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { catalogue } from 'holdfast-locks/internal/catalogue';
import { BACKENDS, type Backend } from 'holdfast-locks';
import { callOf } from '../base/call.ts';
import { hostAndPort } from '../backends/address.ts';
import { chooseReal } from '../backends/choose.ts';
import { layoutOf } from '../backends/deployment.ts';
import { KeeperConnection, keptNow } from '../backends/kept/connection.ts';
import { keptSchema, type Kept, type Wanted } from '../backends/kept/protocol.ts';
import { OWN_FLAGS, ownModule } from '../base/own-module.ts';
import { InfrastructureError, UsageError } from '../base/errors.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { hint } from './names.ts';
import { wholeNumber } from './options.ts';

interface UpOptions {
  readonly backends?: string;
  readonly backend: 'auto' | 'docker' | 'native';
  readonly copies: number;
  readonly json?: boolean;
}

const startedSchema = z.union([z.object({ kept: z.array(keptSchema) }), z.object({ error: z.string() })]);

export function addUp(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('up')
    .description('start backends and leave them running: runs borrow them, "down" ends them')
    .option('--backends <names>', 'which, comma-separated; default: every backend of the catalogue that can run here')
    .addOption(
      new Option('--backend <provisioner>', 'how servers are started')
        .choices(['auto', 'docker', 'native'])
        .default('auto'),
    )
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

async function up(options: UpOptions): Promise<ExitCode> {
  if ((await keptNow()).length > 0)
    throw new UsageError(`backends are up already: end them by "${callOf('down')}" first`);
  const wanted = await wantedBy(options);
  if (!options.json) {
    for (const { backend, topology, provisioner } of wanted) {
      process.stdout.write(`starting ${options.copies} × ${backend} (${topology}), ${provisioner}\n`);
    }
  }
  const kept = await startKeeper(wanted, options.copies);
  if (options.json) process.stdout.write(`${JSON.stringify({ kept })}\n`);
  else for (const one of kept) process.stdout.write(`${lineOf(one)}\n`);
  return EXIT.ok;
}

async function down(): Promise<ExitCode> {
  const keeper = await KeeperConnection.open();
  if (keeper === undefined) {
    process.stdout.write('Nothing is up.\n');
    return EXIT.ok;
  }
  // The connection ends with the keeper: that is its answer.
  await keeper.call({ do: 'end' }).catch(() => undefined);
  keeper.close();
  process.stdout.write('Everything that "up" had started has ended.\n');
  return EXIT.ok;
}

/** What the locks of the catalogue run on by default, once each. */
async function wantedBy({ backends, backend: choice }: UpOptions): Promise<Wanted[]> {
  const chosen = backends === undefined ? undefined : backends.split(',').map(parseBackend);
  const wanted = new Map<string, Wanted>();
  for (const { module } of catalogue.values()) {
    const { backend } = module;
    const [topology] = module.topologies;
    if (wanted.has(`${backend} ${topology}`) || layoutOf(backend, topology) === undefined) continue;
    if (chosen !== undefined && !chosen.includes(backend)) continue;
    try {
      const { kind } = await chooseReal(choice, backend, topology);
      if (kind !== 'external') wanted.set(`${backend} ${topology}`, { backend, topology, provisioner: kind });
    } catch (error) {
      // One that was not asked for by name need not be there.
      if (chosen !== undefined || !(error instanceof InfrastructureError)) throw error;
      process.stderr.write(`holdfast: ${error.message}\n`);
    }
  }
  if (wanted.size === 0) throw new InfrastructureError(`no backend can be started here: see "${callOf('doctor')}"`);
  return [...wanted.values()];
}

function parseBackend(name: string): Backend {
  const backend = BACKENDS.find((one) => one === name.trim());
  if (backend === undefined) throw new UsageError(`--backends: "${name}" is no backend${hint(name, BACKENDS)}`);
  return backend;
}

/** The keeper is a process of its own, which outlives this one. */
async function startKeeper(wanted: readonly Wanted[], copies: number): Promise<Kept[]> {
  const keeper = spawn(process.execPath, [...OWN_FLAGS, ownModule(import.meta.url, '../backends/kept/keeper')], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true,
  });
  keeper.send({ wanted, copies });
  const [message] = (await Promise.race([
    once(keeper, 'message'),
    once(keeper, 'exit').then(([code]) => [{ error: `the keeper ended with exit code ${String(code)}` }]),
  ])) as [unknown];
  keeper.unref();
  const started = startedSchema.parse(message);
  if ('error' in started) throw new InfrastructureError(started.error);
  return started.kept;
}

function lineOf({ backend, topology, version, nodes }: Kept): string {
  const where = nodes.map(({ endpoint }) => hostAndPort(endpoint)).join(', ');
  return `${backend} ${version} (${topology}): ${where}`;
}
