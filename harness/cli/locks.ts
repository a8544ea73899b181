/** `holdfast locks`: what an operator sees of the locks on a server, and can do about them. */
import { createInterface } from 'node:readline/promises';
import { Option, type Command } from 'commander';
import { TOPOLOGIES, type Topology } from 'holdfast-locks';
import { OPERATED } from 'holdfast-locks/internal/operators/connect';
import { parseAddress } from '../backends/address.ts';
import { UsageError } from '../base/errors.ts';
import { hint } from '../commands/names.ts';
import type { HolderView, KeyView } from '../commands/key-view.ts';
import * as operate from '../commands/operate.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { interruptible } from './interruptible.ts';
import { inWords, keyLines, lineOfEvent } from './locks-words.ts';
import { duration, wholeNumber } from './options.ts';

interface Options {
  readonly endpoint?: string;
  readonly file?: string;
  readonly prefix?: string;
  readonly topology?: Topology;
  readonly user?: string;
  readonly database?: string;
  readonly master?: string;
  readonly json?: boolean;
}

const DAY_MS = 24 * 3600 * 1000;

export function addLocks(program: Command, done: (code: ExitCode) => void): void {
  const locks = program
    .command('locks')
    .description('who holds what on a server: list, inspect, watch, release by force, sweep');
  subcommand(locks, 'ls', 'every key that somebody holds or queues for')
    .option('--limit <n>', 'list at most so many keys', wholeNumber(1), 1000)
    .action(async (options: Options & { limit: number }) => done(await list(options)));
  subcommand(locks, 'inspect <key>', 'who holds a key, until when, and how many wait').action(
    async (key: string, options: Options) => done(await inspect(key, options)),
  );
  subcommand(locks, 'watch <key>', 'tell of each grant, renewal and end, until Ctrl-C')
    .option('--every <duration>', 'how often to look', duration, 500)
    .option('--for <duration>', 'end after so long', duration)
    .action(async (key: string, options: Options & WatchOptions) => done(await watch(key, options)));
  subcommand(locks, 'force-release <key>', 'take a key from its holder, if it still is the one that was seen')
    .option('--holder <id>', 'only from this holder, as "inspect" calls it')
    .option('--lock <kind>', 'only from this kind of lock, as "inspect" calls it')
    .option('--yes', 'do not ask')
    .action(async (key: string, options: Options & ForceOptions) => done(await force(key, options)));
  subcommand(locks, 'sweep', 'what is kept for nobody: shows it, and with --yes removes it')
    .option('--older-than <duration>', 'only what nobody has used for so long', duration, DAY_MS)
    .option('--limit <n>', 'at most so many', wholeNumber(1), 1000)
    .option('--yes', 'remove it')
    .action(async (options: Options & SweepOptions) => done(await sweep(options)));
}

function subcommand(locks: Command, name: string, description: string): Command {
  return locks
    .command(name)
    .description(description)
    .option('--endpoint <server=address,…>', 'the servers, such as redis=127.0.0.1:6379')
    .option('--file <path>', 'a SQLite file instead')
    .option('--prefix <text>', 'what the names of the locks begin with (default: that of the locks themselves)')
    .addOption(
      new Option('--topology <name>', 'of Redis servers (default: several are independent)').choices(TOPOLOGIES),
    )
    .option('--user <name>', 'of a SQL server, where the address names none')
    .option('--database <name>', 'of a SQL server')
    .option('--master <name>', 'of Sentinels: how they call the primary')
    .option('--json', 'print one JSON object');
}

async function list({ limit, ...options }: Options & { readonly limit: number }): Promise<ExitCode> {
  const result = await operate.operating(targetOf(options), (operator) => operate.listLocks(operator, limit));
  print(options, result, () => [
    ...result.keys.flatMap((view) => keyLines(view)),
    ...(result.keys.length === 0 ? ['Nobody holds anything, nor waits.'] : []),
    ...(result.more ? [`There are more: --limit is ${limit}.`] : []),
    ...(result.unlisted === undefined ? [] : [`Not listed: ${result.unlisted}.`]),
  ]);
  return EXIT.ok;
}

async function inspect(key: string, options: Options): Promise<ExitCode> {
  const keys = await operate.operating(targetOf(options), (operator) => operate.inspectLock(operator, key));
  print(options, { key, keys }, () =>
    keys.length === 0 ? ['Nobody holds it, nor waits.'] : keys.flatMap((view) => keyLines(view)),
  );
  return EXIT.ok;
}

interface WatchOptions {
  readonly every: number;
  readonly for?: number;
}

function watch(key: string, options: Options & WatchOptions): Promise<ExitCode> {
  return interruptible(async (interrupt) => {
    const ends = options.for === undefined ? [] : [AbortSignal.timeout(options.for)];
    const signal = AbortSignal.any([interrupt, ...ends]);
    await operate.operating(targetOf(options), (operator) =>
      operate.watchKey(operator, { key, everyMs: options.every, signal }, (event) =>
        print(options, { at: new Date().toISOString(), ...event }, () => [lineOfEvent(event)]),
      ),
    );
    return EXIT.ok;
  });
}

interface ForceOptions {
  readonly holder?: string;
  readonly lock?: string;
  readonly yes?: boolean;
}

async function force(key: string, options: Options & ForceOptions): Promise<ExitCode> {
  const { holder, lock, yes = false } = options;
  if (!yes && !(process.stdin.isTTY && process.stderr.isTTY))
    throw new UsageError('force-release asks before it acts, and there is no terminal to ask on: add --yes');
  const result = await operate.operating(targetOf(options), (operator) =>
    operate.forceRelease(operator, { key, holder, lock, confirm: async (view, seen) => yes || ask(view, seen) }),
  );
  print(options, result, () => inWords(result));
  // Nothing was done, because it was not as it was asked for.
  return result.outcome === 'freed' ? EXIT.ok : EXIT.inconclusive;
}

async function ask(view: KeyView, holder: HolderView): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  process.stderr.write([...keyLines({ ...view, holders: [holder] }), operate.noticeOf(holder), ''].join('\n'));
  try {
    return (await terminal.question(`Take ${JSON.stringify(view.key)} from ${holder.id}? Type yes: `)).trim() === 'yes';
  } finally {
    terminal.close();
  }
}

interface SweepOptions {
  readonly olderThan: number;
  readonly limit: number;
  readonly yes?: boolean;
}

async function sweep(options: Options & SweepOptions): Promise<ExitCode> {
  const request = { ageMs: options.olderThan, limit: options.limit, dryRun: options.yes !== true };
  const result = await operate.operating(targetOf(options), (operator) => operate.sweep(operator, request));
  print(options, result, () => [
    ...result.found.map(({ name, what, ageMs, removed }) => {
      const done = result.dryRun ? '' : removed ? ': removed' : ': in use again, left';
      return `${name} (${what}, unused for ${Math.round(ageMs / 1000)} s)${done}`;
    }),
    result.found.length === 0 ? 'Nothing to sweep.' : `${result.found.length} found.`,
    ...(result.dryRun && result.found.length > 0 ? ['Nothing was removed: add --yes to do it.'] : []),
    `Of note: ${result.remark}.`,
  ]);
  return EXIT.ok;
}

function print({ json }: Options, value: object, lines: () => readonly string[]): void {
  process.stdout.write(json === true ? `${JSON.stringify(value)}\n` : `${lines().join('\n')}\n`);
}

/** @throws UsageError */
function targetOf({ endpoint, file, ...context }: Options): operate.OperatorTarget {
  const { prefix, topology, user, database, master } = context;
  const given = Object.fromEntries(
    Object.entries({ prefix, topology, user, database, master }).filter(([, value]) => value !== undefined),
  );
  if (file !== undefined && endpoint === undefined) return { backend: 'sqlite', endpoints: [], file, ...given };
  const [, name = '', addresses = ''] = /^([^=]*)=(.*)$/.exec(endpoint ?? '') ?? [];
  const backend = OPERATED.find((one) => one === name);
  if (backend === undefined || backend === 'sqlite' || file !== undefined)
    throw new UsageError(
      `say which servers: --endpoint redis=127.0.0.1:6379, or --file PATH for SQLite${hint(name, OPERATED)}`,
    );
  return { backend, endpoints: addresses.split(',').map(parseAddress), ...given };
}
