/** `specimens`: the harness's own test. Each lock with a known mistake must be caught, with the violation that it shows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { catalogue } from 'holdfast-locks/internal/catalogue';
import { brokenSubjects } from 'holdfast-locks/internal/subjects';
import type { LockModule, Specimen } from 'holdfast-locks';
import { BACKEND_CHOICES, type BackendChoice } from '../backends/choose.ts';
import type { Evidence } from '../verdict/matrix.ts';
import { subjectModule } from '../subject/protocol/file.ts';
import { callerOf, type Caller, type CommandOptions } from './caller.ts';
import { resolveLock } from './locks.ts';
import { parseRequest, wholeNumber } from './request.ts';
import { verifyLocks } from './verify-locks.ts';
import { verifySchema } from './verify-request.ts';
import { settingsOf } from './verify-settings.ts';

export interface SpecimensRequest {
  /** Runs of each, with different seeds; default 3. */
  readonly runs?: number;
  /** No more runs of a specimen that was caught so often. */
  readonly enough?: number;
  /** The first seed; default 1. */
  readonly seed?: number;
  /** Only these; default: every lock with a known mistake. */
  readonly only?: readonly string[];
  readonly except?: readonly string[];
  readonly backend?: BackendChoice;
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

export interface SpecimensResult {
  /** Whether each of those that were measured was caught often enough: all runs, but for one in fifty; or `enough`. */
  readonly passed: boolean;
  readonly specimens: readonly SpecimenResult[];
  readonly interrupted: boolean;
}

export type SpecimensEvent = { readonly type: 'specimen' } & SpecimenResult;

/** Of this many runs one may miss. */
const MISS_ONE_IN = 50;

const shape = {
  runs: wholeNumber(1).default(3),
  enough: wholeNumber(1).optional(),
  seed: wholeNumber(0).default(1),
  only: z.array(z.string()).optional(),
  except: z.array(z.string()).default([]),
  backend: z.enum(BACKEND_CHOICES).default('auto'),
} satisfies Record<keyof SpecimensRequest, z.ZodType>;
const specimensSchema = z.strictObject(shape);
type SpecimensParsed = z.output<typeof specimensSchema>;

export async function specimens(
  request: SpecimensRequest = {},
  options: CommandOptions<SpecimensEvent> = {},
): Promise<SpecimensResult> {
  const parsed = parseRequest('specimens', specimensSchema, request);
  const caller = callerOf('specimens', request, options);
  const { only, except } = parsed;
  const subjects = brokenSubjects().map(({ url }) => subjectModule(url));
  const modules = [...[...catalogue.values()].map(({ module }) => module), ...subjects];
  const tested = modules.filter(
    (module) => (only === undefined ? isBroken(module) : only.includes(module.name)) && !except.includes(module.name),
  );
  const results: SpecimenResult[] = [];
  for (const module of tested) {
    const result = await measure(module, parsed, caller);
    if (caller.signal.aborted) break;
    results.push(result);
    caller.tell({ type: 'specimen', ...result });
  }
  const passed = results.every((result) => isCaught(result, parsed));
  return { passed, specimens: results, interrupted: caller.signal.aborted };
}

const isCaught = ({ runs, caught }: SpecimenResult, { enough }: SpecimensParsed): boolean =>
  enough === undefined ? runs - caught <= Math.floor(runs / MISS_ONE_IN) : caught >= enough;

const isBroken = (module: LockModule): boolean => module.specimen !== undefined || module.name === 'none';

async function measure(
  module: LockModule,
  request: SpecimensParsed,
  caller: Caller<SpecimensEvent>,
): Promise<SpecimenResult> {
  const specimen = module.specimen ?? {
    shows: [
      { property: 'exclusion', hazards: [] },
      { property: 'no-lost-update', hazards: [] },
    ],
  };
  const times: number[] = [];
  const missedSeeds: number[] = [];
  const enough = request.enough ?? Infinity;
  for (let run = 0; run < request.runs && times.length < enough && !caller.signal.aborted; run++) {
    const seed = request.seed + run;
    const caughtMs = await timeToCatch(module.name, specimen, seed, request, caller);
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
  { backend }: SpecimensParsed,
  { signal, command }: Caller<SpecimensEvent>,
): Promise<number | undefined> {
  const began = performance.now();
  const out = mkdtempSync(join(tmpdir(), 'holdfast-specimen-'));
  let caughtMs: number | undefined;
  const endsAt = (failures: readonly Evidence[]): boolean => {
    if (!failures.some((evidence) => isNamed(specimen, evidence))) return false;
    caughtMs ??= performance.now() - began;
    return true;
  };
  try {
    const settings = { ...settingsOf(verifySchema.parse({ seed, out, backend })), endsAt, simulatesFirst: false };
    // Each run has a session of its own, as a user's has.
    await verifyLocks([await resolveLock(name)], settings, { signal, command, tell: () => undefined });
    return caughtMs;
  } finally {
    rmSync(out, { recursive: true, force: true });
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
