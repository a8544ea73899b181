/** `specimens`: the harness's own test. Each lock with a known mistake must be caught, with the violation that it shows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { catalogue } from 'holdfast-locks/internal/catalogue';
import type { LockModule, Specimen } from 'holdfast-locks';
import { Session } from '../backends/session.ts';
import type { BackendChoice } from '../backends/choose.ts';
import type { Evidence } from '../verdict/matrix.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { resolveLock } from './locks.ts';
import { backendOptions, wholeNumber } from './options.ts';
import { externalFrom } from './external-options.ts';
import { settingsOf } from './verify.ts';
import { verifyLocks } from './verify-locks.ts';
import { withSession } from './with-session.ts';

interface SpecimenOptions {
  readonly runs: number;
  readonly enough?: number;
  readonly seed: number;
  readonly only?: string;
  readonly except?: string;
  readonly backend?: BackendChoice;
  readonly json?: boolean;
}

export interface SpecimenResult {
  readonly name: string;
  readonly shows: string;
  readonly runs: number;
  readonly caught: number;
  /** From the start of the run, servers included; `null` when never caught. */
  readonly medianMs: number | null;
  /** Seeds of the runs that ended without a catch. */
  readonly missedSeeds: readonly number[];
}

/** Of this many runs one may miss. */
const MISS_ONE_IN = 50;

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

async function specimens(options: SpecimenOptions): Promise<ExitCode> {
  const wanted = options.only?.split(',');
  const modules = [...catalogue.values()].map(({ module }) => module);
  const unwanted = options.except?.split(',') ?? [];
  const tested = modules.filter(
    (module) =>
      (wanted === undefined ? isBroken(module) : wanted.includes(module.name)) && !unwanted.includes(module.name),
  );
  // The session only carries Ctrl-C: each run has a session of its own, as a user's has.
  return withSession(async (_, signal) => {
    const results: SpecimenResult[] = [];
    for (const module of tested) {
      const result = await measure(module, options, signal);
      if (signal.aborted) break;
      results.push(result);
      if (!options.json) process.stdout.write(`${lineOf(result)}\n`);
    }
    if (options.json)
      process.stdout.write(`${JSON.stringify({ runs: options.runs, seed: options.seed, specimens: results })}\n`);
    return results.every((result) => isCaught(result, options)) ? EXIT.ok : EXIT.violated;
  });
}

const isCaught = ({ runs, caught }: SpecimenResult, { enough }: SpecimenOptions): boolean =>
  enough === undefined ? runs - caught <= Math.floor(runs / MISS_ONE_IN) : caught >= enough;

const isBroken = (module: LockModule): boolean => module.specimen !== undefined || module.name === 'none';

async function measure(module: LockModule, options: SpecimenOptions, signal: AbortSignal): Promise<SpecimenResult> {
  const specimen = module.specimen ?? {
    shows: [
      { property: 'exclusion', hazards: [] },
      { property: 'no-lost-update', hazards: [] },
    ],
  };
  const times: number[] = [];
  const missedSeeds: number[] = [];
  const enough = options.enough ?? Infinity;
  for (let run = 0; run < options.runs && times.length < enough && !signal.aborted; run++) {
    const seed = options.seed + run;
    const caughtMs = await timeToCatch(module.name, specimen, seed, options, signal);
    if (caughtMs === undefined) missedSeeds.push(seed);
    else times.push(caughtMs);
  }
  times.sort((a, b) => a - b);
  return {
    name: module.name,
    shows: specimen.shows
      .map(({ property, hazards }) => `${property}${hazards.length === 0 ? '' : ` under ${hazards.join(' or ')}`}`)
      .join('; '),
    runs: times.length + missedSeeds.length,
    caught: times.length,
    medianMs: times[Math.floor(times.length / 2)] ?? null,
    missedSeeds,
  };
}

/** Milliseconds until the first evidence of the violation that the specimen names; `undefined` if there was none. */
async function timeToCatch(
  name: string,
  specimen: Pick<Specimen, 'shows'>,
  seed: number,
  options: SpecimenOptions,
  signal: AbortSignal,
): Promise<number | undefined> {
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-specimen-'));
  const session = await Session.open();
  let caughtMs: number | undefined;
  const settings = settingsOf(
    { seed, quiet: true, out: folder, ...(options.backend === undefined ? {} : { backend: options.backend }) },
    { external: externalFrom({}, undefined, 'auto') },
  );
  try {
    const endsAt = (evidence: Evidence): boolean => {
      if (!isNamed(specimen, evidence)) return false;
      caughtMs ??= performance.now() - began;
      return true;
    };
    await verifyLocks(session, [await resolveLock(name)], { ...settings, endsAt, foresees: false }, signal);
    return caughtMs;
  } finally {
    await session.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The property that the specimen names, under a hazard that it names, or already without any. */
function isNamed(specimen: Pick<Specimen, 'shows'>, { charged }: Evidence): boolean {
  return specimen.shows.some(
    ({ property, hazards }) =>
      property === charged.finding.property &&
      (hazards.length === 0 || charged.hazards.some((hazard) => hazard === 'none' || hazards.includes(hazard))),
  );
}

function lineOf({ name, shows, runs, caught, medianMs, missedSeeds }: SpecimenResult): string {
  const time = medianMs === null ? 'never' : `${(medianMs / 1000).toFixed(1)} s`;
  const missed = missedSeeds.length === 0 ? '' : `  missed with seed ${missedSeeds.join(', ')}`;
  return `${name.padEnd(30)} ${`${caught} of ${runs}`.padStart(9)}  ${time.padStart(7)}  ${shows}${missed}`;
}
