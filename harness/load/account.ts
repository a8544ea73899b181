/** The account of a benchmark: each round gathered, judged and measured, and the report of all. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hazard, Property } from 'holdfast-locks/internal/claims';
import { callOf } from '../base/call.ts';
import type { Deployment } from '../backends/deployment.ts';
import { InfrastructureError } from '../base/errors.ts';
import { limitedHazards } from '../faults/available.ts';
import type { TimedEvent } from '../history/events.ts';
import { clientsOf, type Plan } from '../plan/plan.ts';
import { writeHistory } from '../run/merge.ts';
import type { LockUnderTest } from '../run/request.ts';
import { historyFile, planFile } from '../run/results.ts';
import type { Simulated } from '../sim/search/messages.ts';
import { judgeFile, type Judgement } from '../verdict/judge.ts';
import { Matrix, type Evidence } from '../verdict/matrix.ts';
import type { Cell, LockReport } from '../report/report.ts';
import { witnessOf } from '../verdict/story.ts';
import { gather } from './gather.ts';
import { headerOfLoad } from './header.ts';
import type { Load, Round } from '../report/load.ts';
import { Meter } from './meter.ts';
import type { RoundOutcome } from './round.ts';
import { isSaturated } from './saturation.ts';
import type { LoadSettings } from './settings.ts';
import { mergedCounts, Totals, type Measured } from './totals.ts';

/** What every load tries under each of its hazards; the rest is told only where a history held something of it. */
const ALWAYS_TRIED: readonly Property[] = ['exclusion', 'no-lost-update', 'fencing'];

const BIN_LENGTHS_MS = [250, 1000, 2000, 5000, 10_000, 30_000, 60_000];
const BINS_AT_MOST = 120;

/** How long one point of the series is: a second, or less or more where the run is short or long. */
function binLengthMs(durationMs: number): number {
  const longest = BIN_LENGTHS_MS.at(-1) ?? 60_000;
  return BIN_LENGTHS_MS.find((length) => durationMs / length <= BINS_AT_MOST) ?? longest;
}

export interface AccountOf {
  readonly run: string;
  readonly lock: LockUnderTest;
  readonly settings: LoadSettings;
  readonly deployment: Pick<Deployment, 'version' | 'settings' | 'limits'> | undefined;
  readonly commandsPerCycle: number | undefined;
}

export class Account {
  readonly totals: Totals;
  readonly #of: AccountOf;
  /** Those of the rounds. */
  readonly #hazards: readonly Hazard[];
  readonly #matrix: Matrix;
  readonly #sums = { events: 0, operations: 0, increments: 0, overruns: 0 };

  constructor(of: AccountOf) {
    this.#of = of;
    const { lock, settings, deployment } = of;
    this.#hazards = settings.hazards.length === 0 ? ['none'] : settings.hazards;
    // What breaks before a fault begins is charged to none.
    const hazards: readonly Hazard[] = [...new Set<Hazard>(['none', ...this.#hazards])];
    const { claims } = lock.module;
    const limits = limitedHazards(settings.topology, deployment?.limits ?? {});
    this.#matrix = new Matrix({ claims, hazards, listed: this.#hazards, limits });
    this.totals = new Totals(settings);
  }

  /**
   * @param atMs when the round began, of the benchmark's own clock
   * @param totals what it is measured for; default: the figures of the report
   * @throws InfrastructureError when what the workers counted is not what the history holds
   */
  async take(plan: Plan, outcome: RoundOutcome, atMs: number, totals = this.totals): Promise<Round> {
    const { run, lock, settings } = this.#of;
    const { ask } = settings;
    const { durationMs: plannedMs } = totals.shape;
    const { fromNs, toNs, endedNs } = outcome.times;
    const binNs = binLengthMs(plannedMs) * 1e6;
    const meter = new Meter({ fromNs, toNs, binNs, ask, clients: clientsOf(plan) });
    const path = join(settings.folder, historyFile(plan));
    /** Whether a fault bit is told by everything around it. */
    const events: TimedEvent[] = [];
    const disturbed = plan.faults.length > 0;
    await gather(outcome.files, headerOfLoad(run, plan, lock.module, totals.shape), path, (event) => {
      meter.add(event);
      this.#sums.events += 1;
      if (disturbed) events.push(event);
    });
    if (!outcome.killed) requireAllCounts(outcome, meter);
    const judgement = await judgeFile(plan, path, events);
    await writeFile(join(settings.folder, planFile(plan)), `${JSON.stringify(plan, null, 2)}\n`);
    const durationMs = Math.max(1, (Math.min(toNs, endedNs) - fromNs) / 1e6);
    return this.#add({ meter, outcome, plan, binNs, atMs, durationMs }, judgement, totals);
  }

  /** A round that was simulated, and judged there. Its times are virtual. */
  async takeSimulated(plan: Plan, { judgement, header }: Simulated): Promise<Round> {
    const { settings } = this.#of;
    const fromNs = settings.warmUpMs * 1e6;
    const toNs = fromNs + settings.durationMs * 1e6;
    const binNs = binLengthMs(settings.durationMs) * 1e6;
    const meter = new Meter({ fromNs, toNs, binNs, ask: settings.ask, clients: clientsOf(plan) });
    for (const event of judgement.events) meter.add({ ...event, time: event.time ?? 0 });
    this.#sums.events += judgement.events.length;
    await writeHistory(join(settings.folder, historyFile(plan)), header, judgement.events);
    await writeFile(join(settings.folder, planFile(plan)), `${JSON.stringify(plan, null, 2)}\n`);
    const times = { originNs: 0n, startNs: 0, fromNs, toNs, endedNs: toNs };
    const outcome = { times, files: [], loaded: [], killed: false, server: undefined, bought: undefined };
    const measured = { meter, outcome, plan, binNs, atMs: 0, durationMs: settings.durationMs };
    return this.#add(measured, judgement, this.totals);
  }

  #add(measured: Omit<Measured, 'bitten'>, judgement: Judgement, totals: Totals): Round {
    this.#matrix.add(judgement);
    this.#sums.operations += judgement.operations.exclusion ?? 0;
    this.#sums.increments += judgement.increments;
    this.#sums.overruns += judgement.overruns;
    return totals.add({ ...measured, bitten: judgement.bitten });
  }

  report(extra: Partial<Load> = {}): LockReport {
    const { lock, settings, deployment, commandsPerCycle } = this.#of;
    const { name, summary, backend: kind } = lock.module;
    const { kind: provisioner, reason: provisionerReason } = settings.provisioner;
    const cells = this.#matrix.cells((evidence) => this.#citation(evidence)).filter((cell) => this.#isTold(cell));
    const load = this.totals.load();
    const { mode, workers, clientsPerWorker, keys, keySkew, holdMs, thinkMs, warmUpMs, preset } = settings;
    return {
      name,
      summary,
      backend: {
        ...{ kind, topology: settings.topology, provisioner, provisionerReason },
        ...{ version: deployment?.version ?? '-', settings: { ...deployment?.settings } },
      },
      workers,
      leaseMs: settings.leaseMs,
      cells,
      notTestable: [],
      increments: this.#sums.increments,
      overruns: this.#sums.overruns,
      refusedStale: 0,
      ...this.totals.figures(),
      ...(commandsPerCycle === undefined ? {} : { commandsPerCycle }),
      load: {
        mode: mode.kind,
        ...(mode.kind === 'open' ? { arrivals: mode.arrivals } : {}),
        ...(preset === undefined ? {} : { preset }),
        scenario: settings.stock === undefined ? 'shared-counter' : 'flash-sale',
        ...{ workers, clientsPerWorker, keys, keySkew, warmUpMs },
        holdMs: [...holdMs],
        thinkMs: [...thinkMs],
        saturated: isSaturated(load),
        ...load,
        checked: { events: this.#sums.events, operations: this.#sums.operations, verdict: verdictOf(cells) },
        ...extra,
      },
    };
  }

  #isTold({ property, hazard, operations, violations }: Cell): boolean {
    const tried = ALWAYS_TRIED.includes(property) && this.#hazards.some((one) => one === hazard);
    return tried || operations > 0 || violations > 0;
  }

  #citation({ charged, judgement }: Evidence): Required<Pick<Cell, 'witness' | 'plan' | 'replay'>> {
    const { plan, events, bitten } = judgement;
    const { settings } = this.#of;
    return {
      witness: witnessOf(plan, events, charged.finding, bitten),
      plan: planFile(plan),
      replay: callOf('check', join(settings.folder, historyFile(plan)), '--model', charged.model),
    };
  }
}

function verdictOf(cells: readonly Cell[]): Load['checked']['verdict'] {
  if (cells.some(({ verdict }) => verdict === 'violated')) return 'violated';
  const exclusion = cells.filter(({ property }) => property === 'exclusion');
  return exclusion.length > 0 && exclusion.every(({ verdict }) => verdict === 'holds') ? 'holds' : 'inconclusive';
}

/** The workers count as they go and the history is counted afterwards: neither may have lost anything. */
function requireAllCounts({ loaded }: RoundOutcome, meter: Meter): void {
  for (const [name, count] of Object.entries(mergedCounts(loaded))) {
    const recorded = meter.histograms[name as keyof Meter['histograms']].totalCount;
    if (count !== recorded)
      throw new InfrastructureError(`the workers counted ${count} of "${name}", their histories hold ${recorded}`);
  }
}
