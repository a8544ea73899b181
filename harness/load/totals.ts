/** What the rounds of a benchmark come to. */
import type { Histogram } from 'hdr-histogram-js';
import type { Plan } from '../plan/plan.ts';
import type { LockReport } from '../report/report.ts';
import { targetName } from '../verdict/timeline.ts';
import type { Bought } from './buyers.ts';
import {
  decode,
  latencyOf,
  merged,
  newHistogram,
  newHistograms,
  percentileMs,
  stretchLatency,
} from '../base/histogram.ts';
import type { Load, Round } from '../report/load.ts';
import type { Loaded } from '../subject/load/messages.ts';
import { FIGURES, type Meter } from './meter.ts';
import type { RoundOutcome } from './round.ts';
import type { LoadShape } from './settings.ts';

const MIB = 2 ** 20;
/** Of the rate before a fault, at which it has recovered. */
const RECOVERED = 0.9;

export interface Measured {
  readonly meter: Meter;
  readonly outcome: RoundOutcome;
  readonly plan: Plan;
  readonly binNs: number;
  /** Of the benchmark's own clock: when the round began. */
  readonly atMs: number;
  /** Whether it was cut short. */
  readonly durationMs: number;
  readonly bitten: readonly string[];
}

type Series = Load['series'][number];

export class Totals {
  readonly histograms = newHistograms(FIGURES);
  /** Of the waits for a grant, by stretch, with the moment at which each began, in milliseconds of measured time. */
  readonly intervals: { readonly atMs: number; readonly lengthMs: number; readonly acquire: Histogram }[] = [];
  readonly rounds: Round[] = [];
  readonly shape: LoadShape;
  readonly #errors = new Map<string, number>();
  readonly #grants = new Map<number, number>();
  readonly #series: Series[] = [];
  readonly #faults: Load['faults'] = [];
  readonly #lateness = newHistogram();
  #bought: Bought | undefined;
  #unknownReleases = 0;
  #busy = 0;
  #dropped = 0;
  #begun = 0;
  #cycles = 0;
  #measuredMs = 0;
  #clientMs = 0;
  #serverMs: number | undefined = 0;
  #clientBytes = 0;
  #serverBytes: number | undefined;

  constructor(shape: LoadShape) {
    this.shape = shape;
  }

  add({ meter, outcome, binNs, atMs, durationMs, bitten }: Measured): Round {
    for (const figure of FIGURES) this.histograms[figure].add(meter.histograms[figure]);
    this.#unknownReleases += meter.unknownReleases;
    for (const [name, count] of meter.errors) this.#errors.set(name, (this.#errors.get(name) ?? 0) + count);
    for (const [client, grants] of meter.grants) this.#grants.set(client, (this.#grants.get(client) ?? 0) + grants);
    const offsetMs = this.#measuredMs;
    const binMs = binNs / 1e6;
    const bins = meter.bins.slice(0, Math.max(1, Math.round(durationMs / binMs)));
    const series = bins.map(({ cycles, errors, acquire }, index): Series => {
      const at = offsetMs + index * binMs;
      if (acquire !== undefined) this.intervals.push({ atMs: at, lengthMs: binMs, acquire });
      const latency = acquire === undefined ? {} : { acquire: stretchLatency(acquire) };
      return { atMs: at, throughput: (cycles * 1000) / binMs, errors, ...latency };
    });
    this.#series.push(...series);
    this.#addFaults(meter, outcome.times.fromNs, offsetMs, series, bitten);
    this.#addUse(outcome);
    this.#bought = outcome.bought ?? this.#bought;
    this.#busy += meter.busy;
    this.#dropped += meter.dropped;
    this.#begun += meter.begun;
    this.#cycles += meter.cycles;
    this.#measuredMs += durationMs;
    const errors = sum([...meter.errors.values()], (count) => count);
    const round = {
      index: this.rounds.length,
      atMs: atMs + outcome.times.fromNs / 1e6,
      durationMs,
      cycles: meter.cycles,
      throughput: (meter.cycles * 1000) / durationMs,
      acquire: stretchLatency(meter.histograms[this.shape.ask === 'try' ? 'try' : 'acquire']),
      errors,
    };
    this.rounds.push(round);
    return round;
  }

  #addUse({ loaded, server }: RoundOutcome): void {
    this.#clientMs += sum(loaded, ({ cpuMs }) => cpuMs);
    this.#clientBytes = Math.max(
      this.#clientBytes,
      sum(loaded, ({ memoryBytes }) => memoryBytes),
    );
    for (const { lateness } of loaded) this.#lateness.add(decode(lateness));
    this.#serverMs = server === undefined || this.#serverMs === undefined ? undefined : this.#serverMs + server.cpuMs;
    if (server !== undefined) this.#serverBytes = Math.max(this.#serverBytes ?? 0, server.memoryBytes);
  }

  #addFaults(
    { faults }: Meter,
    fromNs: number,
    offsetMs: number,
    series: readonly Series[],
    bitten: readonly string[],
  ): void {
    const inMs = (ns: number): number => Math.max(0, offsetMs + (ns - fromNs) / 1e6);
    for (const { id, hazard, target, fromNs: start, toNs: end, grantNs } of faults) {
      const [from, to] = [inMs(start), Number.isFinite(end) ? inMs(end) : inMs(start)];
      const before = series.filter(({ atMs }) => atMs >= offsetMs && atMs < from);
      // The first stretch that it touches is partly before it.
      const usual = sum(before.slice(0, -1), ({ throughput }) => throughput) / (before.length - 1);
      const within = series.filter(({ atMs }) => atMs >= from && atMs <= to);
      const least = Math.min(...within.map(({ throughput }) => throughput));
      const back = series.find(({ atMs, throughput }) => atMs >= to && throughput >= usual * RECOVERED);
      this.#faults.push({
        ...{ id, hazard, target: targetName(target), fromMs: from, toMs: to, bit: bitten.includes(id) },
        ...(grantNs === undefined ? {} : { firstGrantAfterMs: (grantNs - end) / 1e6 }),
        ...(usual > 0 && Number.isFinite(least) ? { dip: least / usual } : {}),
        ...(usual > 0 && back !== undefined ? { recoveredAfterMs: back.atMs - to } : {}),
      });
    }
  }

  /** The figures of a lock's report. */
  figures(): Pick<LockReport, 'latency' | 'throughput' | 'fairness' | 'cpu'> {
    const latency: LockReport['latency'] = {};
    for (const figure of FIGURES) {
      if (this.histograms[figure].totalCount > 0) latency[figure] = latencyOf(this.histograms[figure]);
    }
    if (this.#measuredMs === 0) return { latency };
    return {
      latency,
      throughput: (this.#cycles * 1000) / this.#measuredMs,
      ...this.#fairness(),
      cpu: { clientMs: this.#clientMs, ...(this.#serverMs === undefined ? {} : { serverMs: this.#serverMs }) },
    };
  }

  /** Jain, Chiu and Hawe 1984: 1 when all clients get the same, 1/n when one gets all. */
  #fairness(): Pick<LockReport, 'fairness'> {
    const { workers, clientsPerWorker, mode } = this.shape;
    const grants = [...this.#grants.values()];
    const squares = sum(grants, (share) => share * share);
    // Clients of an open loop are slots: it does not matter which of them serves.
    if (squares === 0 || mode.kind === 'open') return {};
    return { fairness: sum(grants, (share) => share) ** 2 / (workers * clientsPerWorker * squares) };
  }

  /** Of the last round: every round has a stock of its own. */
  #service(): Pick<Load, 'service'> {
    const { stock = 0, keys } = this.shape;
    if (this.#bought === undefined) return {};
    const { latency, served, ...bought } = this.#bought;
    const all = stock * keys;
    const oversold = Math.max(0, served - all);
    const told = latency.totalCount === 0 ? {} : { latency: latencyOf(latency) };
    return { service: { ...bought, served, stock: all, sold: served, oversold, ...told } };
  }

  load(): Pick<
    Load,
    | 'service'
    | 'cycles'
    | 'errors'
    | 'offered'
    | 'rounds'
    | 'series'
    | 'faults'
    | 'longestOverMedian'
    | 'memory'
    | 'busy'
    | 'lateness'
  > {
    const { mode, workers, clientsPerWorker, ask } = this.shape;
    const waits = this.histograms[ask];
    const median = percentileMs(waits, 50);
    const unknown = this.#unknownReleases;
    // A library that never says what became of a release has not failed each time.
    const failed = unknown > 0 && this.histograms.release.totalCount > 0 ? [['release unknown', unknown] as const] : [];
    const errors = [...this.#errors, ...failed].map(([name, count]) => {
      const at = name.indexOf(' ');
      return { operation: name.slice(0, at), kind: name.slice(at + 1), count };
    });
    return {
      cycles: this.#cycles,
      errors,
      ...(ask === 'try' ? { busy: this.#busy } : {}),
      ...(mode.kind === 'open'
        ? {
            offered: {
              perSecond: mode.perSecond,
              arrivals: this.#begun + this.#dropped,
              dropped: this.#dropped,
              inFlightLimit: workers * clientsPerWorker,
            },
            lateness: stretchLatency(this.#lateness),
          }
        : {}),
      ...this.#service(),
      rounds: this.rounds,
      series: this.#series,
      faults: this.#faults,
      ...(median > 0 ? { longestOverMedian: waits.maxValue / 1000 / median } : {}),
      memory: {
        clientMiB: this.#clientBytes / MIB,
        ...(this.#serverBytes === undefined ? {} : { serverMiB: this.#serverBytes / MIB }),
      },
    };
  }
}

/** The workers' own histograms, put together. */
export function mergedCounts(loaded: readonly Loaded[]): Record<keyof Loaded['histograms'], number> {
  const count = (name: keyof Loaded['histograms']): number =>
    merged(loaded.map(({ histograms }) => decode(histograms[name]))).totalCount;
  return {
    acquire: count('acquire'),
    hold: count('hold'),
    release: count('release'),
    try: count('try'),
    renew: count('renew'),
  };
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
