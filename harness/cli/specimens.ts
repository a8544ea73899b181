/** `specimens`: the harness's own test. Each lock with a known mistake must be caught, with the violation that it shows. */
import type { Command } from 'commander';
import type { BackendChoice } from '../backends/choose.ts';
import { specimens as measureAll, type SpecimenResult } from '../commands/specimens.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { interruptible } from './interruptible.ts';
import { backendOptions, wholeNumber } from './options.ts';

interface SpecimenOptions {
  readonly runs: number;
  readonly enough?: number;
  readonly seed: number;
  readonly only?: string;
  readonly except?: string;
  readonly backend?: BackendChoice;
  readonly json?: boolean;
}

export function addSpecimens(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('specimens')
    .description('measure that every lock with a known mistake is caught, by the default profile')
    .option('--runs <n>', 'runs of each, with different seeds', wholeNumber(1), 3)
    .option('--enough <n>', 'no more runs of a specimen that was caught so often', wholeNumber(1))
    .option('--seed <n>', 'the first seed', wholeNumber(0), 1)
    .option('--only <names>', 'only these, comma-separated')
    .option('--except <names>', 'all but these, comma-separated')
    .option('--json', 'print one JSON object');
  for (const option of backendOptions()) command.addOption(option);
  command.action(async (options: SpecimenOptions) => done(await specimens(options)));
}

async function specimens({ only, except, json, runs, enough, seed, backend }: SpecimenOptions): Promise<ExitCode> {
  const request = { runs, enough, seed, backend, only: only?.split(','), except: except?.split(',') };
  return interruptible(async (signal) => {
    const { passed, specimens: results } = await measureAll(request, {
      signal,
      onEvent: (result) => {
        if (!json) process.stdout.write(`${lineOf(result)}\n`);
      },
    });
    if (json) process.stdout.write(`${JSON.stringify({ runs, seed, specimens: results })}\n`);
    return passed ? EXIT.ok : EXIT.violated;
  });
}

function lineOf({ name, shows, runs, caught, medianMs, missedSeeds }: SpecimenResult): string {
  const time = medianMs === null ? 'never' : `${(medianMs / 1000).toFixed(1)} s`;
  const missed = missedSeeds.length === 0 ? '' : `  missed with seed ${missedSeeds.join(', ')}`;
  return `${name.padEnd(30)} ${`${caught} of ${runs}`.padStart(9)}  ${time.padStart(7)}  ${shows}${missed}`;
}
