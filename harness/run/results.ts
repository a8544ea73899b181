/** What the plans of one lock have come to: its matrix, its figures, and the files that show both. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callOf } from '../base/call.ts';
import { UsageError } from '../base/errors.ts';
import type { LimitedHazards } from '../faults/available.ts';
import type { HistoryEvent, HistoryHeader } from '../history/events.ts';
import { expectedMs } from '../faults/duration.ts';
import type { Plan } from '../plan/plan.ts';
import type { Judgement } from '../verdict/judge.ts';
import { Answers } from '../verdict/answers.ts';
import { ApplicationFaults } from '../verdict/application-faults.ts';
import { Breaches } from '../verdict/breaches.ts';
import { claimsNothing, supportedClaims } from '../verdict/describe.ts';
import { Matrix, type Evidence } from '../verdict/matrix.ts';
import { Metrics } from '../verdict/metrics.ts';
import type { Cell, LockReport } from '../report/report.ts';
import { witnessOf } from '../verdict/story.ts';
import { writeHistory } from './merge.ts';
import type { RunRequest } from './request.ts';

export class Results {
  readonly #request: RunRequest;
  readonly #limits: LimitedHazards;
  readonly #matrix: Matrix;
  readonly #answers = new Answers();
  readonly #breaches = new Breaches();
  readonly #applicationFaults = new ApplicationFaults();
  readonly #metrics = new Metrics();
  readonly #leftOut: NonNullable<LockReport['leftOut']> = [];
  readonly #disturbed: NonNullable<LockReport['disturbed']> = [];
  /** Whether any cycle has come to its end as the contract wants it. */
  #works = false;
  #judged = 0;
  readonly #totals = { increments: 0, overruns: 0, refusedStale: 0 };

  constructor(request: RunRequest, limits: LimitedHazards) {
    this.#request = request;
    this.#limits = limits;
    this.#matrix = new Matrix({ ...request, claims: request.lock.module.claims, limits });
  }

  /** Takes a judgement in and returns the violations in it of promises, one of each kind. @throws UsageError */
  take(judgement: Judgement): readonly Evidence[] {
    this.#works ||= judgement.breaches.length === 0 || judgement.events.some(isAnsweredRelease);
    const departure = judgement.breaches.find(({ kind }) => kind === 'contract');
    // A lock that has never been seen to do as the contract says is none.
    if (departure !== undefined && !this.#works) throw new UsageError(`${departure.who}: ${departure.message}`);
    this.#breaches.add(judgement);
    this.#applicationFaults.add(judgement);
    this.#answers.add(judgement);
    this.#judged += 1;
    this.#totals.increments += judgement.increments;
    this.#totals.overruns += judgement.overruns;
    this.#totals.refusedStale += judgement.refusedStale;
    return this.#matrix.add(judgement);
  }

  /** There was no time for `what` of this plan. */
  leaveOut(plan: Plan, what: string): void {
    const wouldTakeMs = Math.round(expectedMs(plan));
    this.#matrix.leaveOut(plan.hazards, wouldTakeMs);
    this.#leftOut.push({ hazards: [...plan.hazards], what, wouldTakeMs });
  }

  /** Runs of this plan were disturbed, for these reasons. `judged`: not the last. */
  disturbed({ index, hazards }: Plan, reasons: readonly string[], judged: boolean): void {
    if (reasons.length > 0) this.#disturbed.push({ plan: index, hazards: [...hazards], reasons: [...reasons], judged });
  }

  /** Plans. */
  get judged(): number {
    return this.#judged;
  }

  /** Of plans without faults, the latencies count too. */
  measure({ events, plan }: Judgement, elapsedMs: number): void {
    const plain = plan.practice === undefined && plan.hazards.every((hazard) => hazard === 'none');
    if (plain) this.#metrics.add(events, plan, elapsedMs, this.#request.rate);
  }

  /** Writes a plan and its history into the run folder. */
  async write({ plan, events }: Judgement, header: HistoryHeader): Promise<void> {
    const { folder } = this.#request;
    await writeFile(join(folder, planFile(plan)), `${JSON.stringify(plan, null, 2)}\n`);
    await writeHistory(join(folder, historyFile(plan)), header, events);
  }

  report(backend: Pick<LockReport['backend'], 'version' | 'settings'>): LockReport {
    const { lock, topology, provisioner, workers, leaseMs, hazards } = this.#request;
    const { name, summary, backend: kind } = lock.module;
    const { kind: provisionerKind, reason: provisionerReason } = provisioner;
    const { nothingGranted } = this.#answers;
    const breaches = this.#breaches.reported(({ plan }) => this.#pointer(plan));
    const applicationFaults = this.#applicationFaults.reported(({ plan }) => this.#pointer(plan));
    const cells = this.#matrix
      .cells(
        (evidence) => this.#citation(evidence),
        ({ plan }) => this.#pointer(plan),
      )
      .map((cell) => unlessVoid(cell, nothingGranted));
    return {
      name,
      summary,
      ...(lock.library === undefined ? {} : { library: lock.library }),
      backend: { kind, topology, provisioner: provisionerKind, provisionerReason, ...backend },
      workers,
      leaseMs,
      cells,
      ...(claimsNothing(cells) ? { supportedClaims: supportedClaims(cells) } : {}),
      ...(breaches.length === 0 ? {} : { breaches }),
      ...(this.#leftOut.length === 0 ? {} : { leftOut: this.#leftOut }),
      ...(this.#disturbed.length === 0 ? {} : { disturbed: this.#disturbed }),
      ...(applicationFaults.length === 0 ? {} : { applicationFaults }),
      notTestable: hazards.flatMap((hazard) => {
        const reason = this.#limits[hazard];
        return reason === undefined ? [] : [{ hazard, reason }];
      }),
      ...this.#totals,
      ...this.#metrics.summary(),
      ...this.#metrics.rateOf(this.#request.rate),
    };
  }

  /** How a cell points at what shows it. */
  #citation({ charged, judgement }: Evidence): Required<Pick<Cell, 'witness' | 'plan' | 'replay'>> {
    const { plan, events, bitten } = judgement;
    return { witness: witnessOf(plan, events, charged.finding, bitten), ...this.#pointer(plan) };
  }

  #pointer(plan: Plan): Required<Pick<Cell, 'plan' | 'replay'>> {
    const { folder, provisioner } = this.#request;
    const simulated = provisioner.kind === 'sim' ? ['--backend', 'sim'] : [];
    return { plan: planFile(plan), replay: callOf('replay', join(folder, planFile(plan)), ...simulated) };
  }
}

/** What was never granted was never held by two, and shows nothing by that. */
const unlessVoid = (cell: Cell, note: string | undefined): Cell =>
  note === undefined || cell.verdict !== 'holds' ? cell : { ...cell, verdict: 'inconclusive', note };

const isAnsweredRelease = ({ f, type, process }: HistoryEvent): boolean =>
  f === 'release' && type !== 'invoke' && typeof process === 'number';

const fileOf = (kind: 'plan' | 'history', plan: Plan, ending: string): string =>
  `${kind}-${String(plan.index).padStart(3, '0')}.${ending}`;
export const planFile = (plan: Plan): string => fileOf('plan', plan, 'json');
export const historyFile = (plan: Plan): string => fileOf('history', plan, 'ndjson');
