/** `soak`: searches the simulation on all cores for as long as it is given, and keeps what it finds. */
import { callOf } from '../base/call.ts';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { TOPOLOGIES, type Topology } from 'holdfast-locks';
import type { Hazard } from 'holdfast-locks/internal/claims';
import { soak as soakLock, type SoakEvent } from '../commands/soak.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { interruptible } from './interruptible.ts';
import { loadConfig } from './config.ts';
import { duration, hazards, lockOptions, lockSettingsOf, wholeNumber, type LockOptions } from './options.ts';
import { shownPhrase } from '../../reports/wording.ts';
import { sizeOf } from './plan-size.ts';

interface SoakOptions extends LockOptions {
  readonly impl: string;
  readonly time?: number;
  readonly schedules?: number;
  readonly seed: number;
  readonly topology?: Topology;
  readonly hazard?: readonly Hazard[];
  readonly out: string;
}

export function addSoak(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('soak')
    .description('search the simulation for violations, on all cores, for as long as you like')
    .requiredOption('--impl <name|path>', 'lock to test')
    .option('--time <duration>', 'how long (default: 10m, or as long as --schedules take)', duration)
    .option('--schedules <n>', 'how many, if they end before the time', wholeNumber(1))
    .option('--seed <n>', 'where the search begins', wholeNumber(0), Math.floor(Math.random() * 2 ** 31))
    .addOption(new Option('--topology <name>', 'topology of the backend').choices(TOPOLOGIES))
    .option('--hazard <names>', 'only these hazards, comma-separated', hazards)
    .option('--out <folder>', 'where counterexamples are kept', join('runs', 'soak'));
  for (const option of lockOptions('default: 600ms')) command.addOption(option);
  command.action(async (options: SoakOptions) => done(await soak(options)));
}

async function soak({ time, hazard, options, lease, ...asked }: SoakOptions): Promise<ExitCode> {
  const settings = lockSettingsOf({ options, lease }, await loadConfig());
  const request = { ...asked, ...settings, timeMs: time, hazards: hazard };
  return interruptible(async (signal) => {
    const { found } = await soakLock(request, { signal, onEvent: say });
    return found.length === 0 ? EXIT.ok : EXIT.violated;
  });
}

function say(event: SoakEvent): void {
  for (const line of linesOf(event)) process.stdout.write(`${line}\n`);
}

function linesOf(event: SoakEvent): readonly string[] {
  if (event.type === 'found') {
    const { property, hazards: active, plan, file } = event;
    return [
      `${shownPhrase(property)} under ${active.join(' + ')}: ${sizeOf(plan)}`,
      `  ${callOf('replay', file, '--backend', 'sim')}`,
    ];
  }
  const { schedules, perSecond, reached, places, violations, kinds } = event;
  const where = `${reached.cells} of ${reached.of} (promise × hazard × moment) and ${places} places on the wire`;
  return [
    `${schedules} schedules, ${perSecond.toFixed(0)}/s, reached ${where}, ${violations} violations of ${kinds} kinds`,
  ];
}
