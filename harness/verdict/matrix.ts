/** The matrix row of a lock: one cell per property and hazard, filled by the judgements of its plans. */
import {
  claimUnder,
  isPromise,
  PROPERTIES,
  type Claim,
  type Claims,
  type Hazard,
  type Property,
} from 'holdfast-locks/internal/claims';
import { about } from '../base/about.ts';
import type { LimitedHazards } from '../faults/available.ts';
import { breaksComposure, type BreachKind } from '../report/breach.ts';
import type { Cell, Witness } from '../report/report.ts';
import type { Breach } from './breach.ts';
import type { ChargedFinding, Judgement } from './judge.ts';

export interface MatrixOptions {
  readonly claims: Claims;
  /** Hazards that exist for the lock's topology. */
  readonly hazards: readonly Hazard[];
  /** Hazards that the profile must exercise. */
  readonly listed: readonly Hazard[];
  /** Hazards that cannot be brought about here, and why. */
  readonly limits: LimitedHazards;
}

/** A violation of a cell, with the plan that shows it. */
export interface Evidence {
  readonly charged: ChargedFinding;
  readonly judgement: Judgement;
}

interface Tally {
  runs: number;
  operations: number;
  applied: number;
  bitten: number;
  violations: number;
  overruns: number;
  refusedStale: number;
  deadGrants: number;
  unexplained: number;
  first: Evidence | undefined;
  /** Of composure, which no history shows. */
  breach: { readonly breach: Breach; readonly judgement: Judgement } | undefined;
}

/** What the machine may have brought about once is the lock's when it happens twice in a run. */
const isRepeated = ({ finding }: ChargedFinding, tally: Tally): boolean =>
  finding.property === 'loss-notice' && finding.kind === 'inconclusive' && tally.unexplained > 1;

export class Matrix {
  readonly #options: MatrixOptions;
  readonly #tallies = new Map<string, Tally>();
  /** By their hazards: about how long the plans take that there was no time for, in milliseconds. */
  readonly #leftOut = new Map<string, number>();

  constructor(options: MatrixOptions) {
    this.#options = options;
  }

  /**
   * Takes a judgement in and returns the violations in it of promises, the first of each property under its hazards, and
   * what the application broke by itself.
   */
  add(judgement: Judgement): readonly Evidence[] {
    const { plan } = judgement;
    for (const property of PROPERTIES) {
      const operations = judgement.operations[property];
      if (operations === undefined) continue;
      const tally = this.#tally(property, plan.hazards);
      tally.runs++;
      tally.operations += operations;
      tally.applied += judgement.applied.length;
      tally.bitten += judgement.bitten.length;
      if (property === 'no-lost-update' || property === 'invariant') tally.overruns += judgement.overruns;
      if (property === 'fencing') tally.refusedStale += judgement.refusedStale;
      if (property === 'loss-notice') tally.deadGrants += judgement.deadGrants;
    }
    for (const breach of judgement.breaches.filter(({ kind }) => breaksComposure(kind))) {
      const tally = this.#tally('composure', plan.hazards);
      tally.violations++;
      tally.breach ??= { breach, judgement };
    }
    const failures = new Map<string, Evidence>();
    for (const charged of judgement.findings) {
      const { finding, hazards } = charged;
      const tally = this.#tally(finding.property, hazards);
      if (finding.kind === 'inconclusive') tally.unexplained++;
      // No claim of the lock is broken by what its user does alone.
      if (finding.kind === 'application') failures.set(`application ${finding.invariant}`, { charged, judgement });
      if (finding.kind !== 'violation' && !isRepeated(charged, tally)) continue;
      tally.violations++;
      tally.first ??= { charged, judgement };
      const key = keyOf(finding.property, hazards);
      if (isPromise(this.#claim(finding.property, hazards)) && !failures.has(key))
        failures.set(key, { charged, judgement });
    }
    return [...failures.values()];
  }

  /** There was no time for a plan with these hazards, or for all of it. */
  leaveOut(hazards: readonly Hazard[], wouldTakeMs: number): void {
    const key = hazards.toSorted().join('+');
    this.#leftOut.set(key, Math.min(wouldTakeMs, this.#leftOut.get(key) ?? Infinity));
  }

  /** The witness of a cell is made only when it is wanted, by `witness`. */
  cells(
    witness: (evidence: Evidence) => Pick<Cell, 'plan' | 'replay'> & { readonly witness: Witness },
    pointer: (judgement: Judgement) => Pick<Cell, 'plan' | 'replay'> = () => ({}),
  ): Cell[] {
    const cells: Cell[] = [];
    for (const property of PROPERTIES) {
      const combined = [...this.#tallies.keys()]
        .map(parseKey)
        .filter((key) => key.property === property && key.hazards.length > 1);
      const singles = this.#options.hazards.map((hazard) => ({ property, hazards: [hazard] }));
      for (const { hazards } of [...singles, ...combined]) {
        const cell = this.#cell(property, hazards, witness, pointer);
        if (cell !== undefined) cells.push(cell);
      }
    }
    return cells;
  }

  #cell(
    property: Property,
    hazards: readonly Hazard[],
    witness: Parameters<Matrix['cells']>[0],
    pointer: NonNullable<Parameters<Matrix['cells']>[1]>,
  ): Cell | undefined {
    const claim = this.#claim(property, hazards);
    if (claim === 'not-applicable') return undefined;
    const tally = this.#tallies.get(keyOf(property, hazards));
    const limit = hazards.map((hazard) => this.#options.limits[hazard]).find((reason) => reason !== undefined);
    const listed = hazards.length === 1 && hazards.every((hazard) => this.#mustBeExercised(property, hazard));
    const { verdict, note: found } = verdictOf(tally, hazards, property);
    const wouldTakeMs = verdict === 'inconclusive' ? this.#leftOut.get(hazards.toSorted().join('+')) : undefined;
    const note =
      wouldTakeMs === undefined ? found : `${found}: there was no time, the plan takes ${about(wouldTakeMs)}`;
    return {
      property,
      hazard: hazards.join('+'),
      claim,
      verdict,
      ...((limit ?? note) === undefined ? {} : { note: limit ?? note }),
      exempt: limit !== undefined || !listed,
      runs: tally?.runs ?? 0,
      operations: tally?.operations ?? 0,
      violations: tally?.violations ?? 0,
      faultsApplied: tally?.applied ?? 0,
      faultsBitten: tally?.bitten ?? 0,
      ...(wouldTakeMs === undefined ? {} : { wouldTakeMs: Math.round(wouldTakeMs) }),
      ...(tally?.first === undefined ? {} : witness(tally.first)),
      ...(tally?.breach === undefined ? {} : pointer(tally.breach.judgement)),
    };
  }

  /** A wait that a fault has touched is not judged for fairness: whether one leaves any to judge is chance. */
  #mustBeExercised(property: Property, hazard: Hazard): boolean {
    return this.#options.listed.includes(hazard) && (property !== 'fairness' || hazard === 'none');
  }

  #claim(property: Property, hazards: readonly Hazard[]): Claim {
    return claimUnder(this.#options.claims, property, hazards);
  }

  #tally(property: Property, hazards: readonly Hazard[]): Tally {
    const key = keyOf(property, hazards);
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      tally = {
        runs: 0,
        operations: 0,
        applied: 0,
        bitten: 0,
        violations: 0,
        overruns: 0,
        refusedStale: 0,
        deadGrants: 0,
        unexplained: 0,
        first: undefined,
        breach: undefined,
      };
      this.#tallies.set(key, tally);
    }
    return tally;
  }
}

/** What a plan may show: that the promise of a property is broken, a breach, or that the application is at fault. */
export type Shown = Property | BreachKind | 'application';

/** What of its claims a lock has broken in a plan, and how it was in breach beside. */
export function shownBy(claims: Claims, judgement: Judgement): Shown[] {
  const atFault = judgement.findings.some(({ finding }) => finding.kind === 'application');
  return [
    ...brokenPromises(claims, judgement),
    ...(atFault ? (['application'] as const) : []),
    ...judgement.breaches.map(({ kind }) => kind),
  ];
}

/** Properties of which a judgement shows that the promise is broken. */
function brokenPromises(claims: Claims, { findings }: Judgement): Property[] {
  return findings
    .filter(({ finding, hazards }) => {
      return finding.kind === 'violation' && isPromise(claimUnder(claims, finding.property, hazards));
    })
    .map(({ finding }) => finding.property);
}

const keyOf = (property: Property, hazards: readonly Hazard[]): string => `${property}|${hazards.toSorted().join('+')}`;

function parseKey(key: string): { readonly property: Property; readonly hazards: readonly Hazard[] } {
  const [property, hazards] = key.split('|') as [Property, string];
  return { property, hazards: hazards.split('+') };
}

/** What is inconclusive of a property; of others, a lost update. */
const UNEXPLAINED: Readonly<Partial<Record<Property, string>>> = {
  invariant: 'broken invariant',
  'loss-notice': 'dead grant',
};

function verdictOf(
  tally: Tally | undefined,
  hazards: readonly Hazard[],
  property: Property,
): Pick<Cell, 'verdict' | 'note'> {
  if (tally === undefined || tally.runs + tally.violations === 0) return { verdict: 'inconclusive', note: 'not run' };
  const seen = observations(tally, property);
  if (tally.violations > 0) return { verdict: 'violated', ...seen };
  if (tally.unexplained > 0) {
    const what = UNEXPLAINED[property] ?? 'lost update';
    const many = `${tally.unexplained} ${what}${tally.unexplained === 1 ? '' : 's'}`;
    return { verdict: 'inconclusive', note: `${many} whose cause the history does not show` };
  }
  const disturbs = hazards.some((hazard) => hazard !== 'none');
  if (disturbs && tally.bitten === 0) return { verdict: 'inconclusive', note: 'none of the faults bit' };
  if (tally.operations === 0) return { verdict: 'inconclusive', note: `nothing that tests ${property} happened` };
  return { verdict: 'holds', ...seen };
}

function observations({ overruns, refusedStale, deadGrants, breach }: Tally, property: Property): Pick<Cell, 'note'> {
  const seen: string[] = [];
  if (breach !== undefined) seen.push(breach.breach.message);
  if (deadGrants > 0) seen.push(`${deadGrants} grant${deadGrants === 1 ? '' : 's'} that had ended before they came`);
  if (overruns > 0)
    seen.push(
      property === 'invariant'
        ? `${overruns} broken by operations that came after their lease had ended`
        : `${overruns} update${overruns === 1 ? '' : 's'} lost by writes after their lease had ended`,
    );
  if (refusedStale > 0)
    seen.push(`${refusedStale} stale use${refusedStale === 1 ? '' : 's'} refused by the fenced door`);
  return seen.length === 0 ? {} : { note: seen.join('; ') };
}
