/** Which faults have struck at which moments while which properties were looked at, and where on the wire: what was tried. */
import { claimOn, isPromise, type Claims, type Hazard, type Property } from 'holdfast-locks/internal/claims';
import type { Fault, Plan } from '../../plan/plan.ts';
import type { Judgement } from '../../verdict/judge.ts';
import { STRUCK, type Favoured, type Struck } from '../../plan/search-space.ts';

/** Beside a place that was new there are others: the last few are tried again, a little changed. */
const MOST_PIONEERS = 12;

export class Coverage {
  readonly #hits = new Map<string, number>();
  /** Where faults have struck on the wire. */
  readonly #struck = new Set<string>();
  /** The last plans that have struck where none had before. */
  readonly #pioneers: Plan[] = [];
  readonly #cells: readonly { readonly property: Property; readonly place: Favoured }[];

  constructor(claims: Claims, hazards: readonly Hazard[]) {
    const properties = Object.keys(claims) as Property[];
    this.#cells = hazards.flatMap((hazard) =>
      hazard === 'none'
        ? []
        : STRUCK.flatMap((moment) =>
            properties
              .filter((property) => isPromise(claimOn(claims, property, hazard)))
              .map((property) => ({ property, place: { hazard, moment } })),
          ),
    );
  }

  /** Faults that did not bite have reached nothing. */
  add({ plan, bitten, operations }: Pick<Judgement, 'plan' | 'bitten' | 'operations'>): void {
    const properties = Object.entries(operations).flatMap(([property, count]) => (count > 0 ? [property] : []));
    for (const fault of plan.faults) {
      if (!bitten.includes(fault.id)) continue;
      for (const property of properties) {
        const key = keyOf(property, { hazard: fault.hazard, moment: momentOf(fault) });
        this.#hits.set(key, (this.#hits.get(key) ?? 0) + 1);
      }
    }
  }

  /** @param struck see `Strikes` */
  addStrikes(plan: Plan, struck: readonly string[]): void {
    const before = this.#struck.size;
    for (const place of struck) this.#struck.add(place);
    if (this.#struck.size === before) return;
    this.#pioneers.push(plan);
    if (this.#pioneers.length > MOST_PIONEERS) this.#pioneers.shift();
  }

  /** In how many states of the lock's protocol, as seen on the wire, a fault has struck. */
  get places(): number {
    return this.#struck.size;
  }

  get pioneers(): readonly Plan[] {
    return this.#pioneers;
  }

  /** Cells of (promise × hazard × moment) that were reached, of all that there are. */
  get reached(): { readonly cells: number; readonly of: number } {
    return { cells: this.#cells.filter((cell) => this.#hitsOf(cell) > 0).length, of: this.#cells.length };
  }

  /** The places that were reached least often. */
  least(count: number): Favoured[] {
    return this.#cells
      .toSorted((a, b) => this.#hitsOf(a) - this.#hitsOf(b))
      .slice(0, count)
      .map(({ place }) => place);
  }

  #hitsOf({ property, place }: { readonly property: Property; readonly place: Favoured }): number {
    return this.#hits.get(keyOf(property, place)) ?? 0;
  }
}

const momentOf = ({ aim }: Fault): Struck => aim?.moment ?? 'any';
const keyOf = (property: string, { hazard, moment }: Favoured): string => `${property} ${hazard} ${moment}`;
