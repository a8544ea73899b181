/** `soak`: searches the simulation on all cores for as long as it is given, and keeps what it finds. */
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { Hazard } from 'holdfast-locks/internal/claims';
import { TOPOLOGIES, type Topology } from 'holdfast-locks';
import { hazardsOf } from '../plan/plan.ts';
import { sizesOf } from '../plan/arbitrary.ts';
import type { LockUnderTest } from '../run/request.ts';
import { scenarioUrl } from '../run/scenarios.ts';
import { Coverage } from '../sim/search/coverage.ts';
import type { SearchSpace } from '../plan/search-space.ts';
import type { Simulated } from '../sim/search/messages.ts';
import { sharedPool } from '../sim/search/pool.ts';
import { simulatedOf } from '../sim/servers/simulated.ts';
import { Matrix, type Evidence } from '../verdict/matrix.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { resolveLock } from './locks.ts';
import { duration, hazards, wholeNumber } from './options.ts';
import { keepPlan, shrinkPlan, sizeOf } from './shrink.ts';
import { settingsOf } from './verify.ts';
import { withSession } from './with-session.ts';

interface SoakOptions {
  readonly impl: string;
  readonly time?: number;
  readonly schedules?: number;
  readonly seed: number;
  readonly topology?: Topology;
  readonly hazard?: readonly Hazard[];
  readonly out: string;
}

const LEASE_MS = 600;
const WORKERS = 4;
const BATCH = 50;
/** Places that are tried least often and therefore next. */
const FAVOURED = 8;
const TELL_EVERY_MS = 5000;
const TIME_MS = 600_000;

export function addSoak(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('soak')
    .description('search the simulation for violations, on all cores, for as long as you like')
    .requiredOption('--impl <name|path>', 'lock to test')
    .option('--time <duration>', 'how long (default: 10m, or as long as --schedules take)', duration)
    .option('--schedules <n>', 'how many, if they end before the time', wholeNumber(1))
    .option('--seed <n>', 'where the search begins', wholeNumber(0), Math.floor(Math.random() * 2 ** 31))
    .addOption(new Option('--topology <name>', 'topology of the backend').choices(TOPOLOGIES))
    .option('--hazard <names>', 'only these hazards, comma-separated', hazards)
    .option('--out <folder>', 'where counterexamples are kept', join('runs', 'soak'))
    .action(async (options: SoakOptions) => done(await soak(options)));
}

async function soak(options: SoakOptions): Promise<ExitCode> {
  const lock = await resolveLock(options.impl);
  const topology = options.topology ?? lock.module.topologies[0];
  simulatedOf(lock.module.backend, topology);
  const wanted = options.hazard ?? hazardsOf(topology, lock.module.backend);
  const space = spaceOf(lock, topology, wanted, options.seed);
  const found: Evidence[] = [];
  return withSession(async (session, signal) => {
    await search(lock, space, effortOf(options), signal, (evidence) => found.push(evidence));
    const settings = settingsOf({ backend: 'sim', out: options.out, quiet: true }, {});
    for (const { judgement, charged } of found) {
      const shrunk = await shrinkPlan(session, lock, judgement.plan, settings, signal, charged.finding.property);
      const plan = shrunk?.plan ?? judgement.plan;
      const file = keepPlan(plan, options.out);
      say(`${charged.finding.property} violated under ${charged.hazards.join(' + ')}: ${sizeOf(plan)}`);
      say(`  npm run replay -- ${file} --backend sim`);
    }
    return found.length === 0 ? EXIT.ok : EXIT.violated;
  });
}

interface Effort {
  readonly timeMs: number;
  /** Schedules. */
  readonly most: number;
}

function effortOf({ time, schedules }: SoakOptions): Effort {
  return { timeMs: time ?? (schedules === undefined ? TIME_MS : Infinity), most: schedules ?? Infinity };
}

/** @param onNew called with the first evidence of each kind */
async function search(
  lock: LockUnderTest,
  space: SearchSpace,
  { timeMs, most }: Effort,
  signal: AbortSignal,
  onNew: (evidence: Evidence) => void,
): Promise<void> {
  const { claims } = lock.module;
  const matrix = new Matrix({ claims, hazards: space.hazards, listed: [], limits: {} });
  const coverage = new Coverage(claims, space.hazards);
  const kinds = new Set<string>();
  await using run = await sharedPool().load(lock.url, scenarioUrl(space.sizes.scenario));
  const began = performance.now();
  let [next, schedules, violations, toldAt] = [0, 0, 0, began];
  const tell = (): void => {
    const { cells, of } = coverage.reached;
    const rate = (schedules * 1000) / (performance.now() - began);
    const reached = `${cells} of ${of} (promise × hazard × moment) and ${coverage.places} places on the wire`;
    say(
      `${schedules} schedules, ${rate.toFixed(0)}/s, reached ${reached}, ${violations} violations of ${kinds.size} kinds`,
    );
  };
  const take = async (results: readonly Simulated[]): Promise<void> => {
    for (const { judgement, struck } of results) {
      schedules += 1;
      coverage.add(judgement);
      coverage.addStrikes(judgement.plan, struck);
      for (const failure of matrix.add(judgement)) {
        violations += 1;
        const kind = `${failure.charged.finding.property} ${failure.charged.hazards.toSorted().join(' ')}`;
        if (kinds.has(kind)) continue;
        kinds.add(kind);
        onNew(failure);
      }
    }
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    tell();
  };
  await run.work(() => {
    if (signal.aborted || next >= most || performance.now() - began > timeMs) return undefined;
    const [from, count] = [next, Math.min(BATCH, most - next)];
    next += count;
    const steered = { ...space, favoured: coverage.least(FAVOURED), bases: coverage.pioneers };
    return { type: 'search', space: steered, from, count };
  }, take);
  tell();
}

function spaceOf(lock: LockUnderTest, topology: Topology, wanted: readonly Hazard[], seed: number): SearchSpace {
  const { module, reference, options } = lock;
  const leaseMs = Math.max(LEASE_MS, module.leastLeaseMs ?? 0);
  const asked = { lock: reference, options, topology, scenario: 'shared-counter', workers: WORKERS, leaseMs };
  return { sizes: { ...asked, ...sizesOf(module) }, hazards: wanted, seed };
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
