/** Plans as an arbitrary: drawn as every search of the simulation draws them, shrunk as `replay --shrink` shrinks them. */
import * as fc from 'fast-check';
import { TOPOLOGIES } from 'holdfast-locks';
import { HAZARDS, type Hazard } from 'holdfast-locks/internal/claims';
import { z } from 'zod';
import { UsageError } from '../base/errors.ts';
import { describeIssues } from '../base/issues.ts';
import type { PlanSizes } from '../plan/arbitrary.ts';
import { planSchema, type Plan } from '../plan/plan.ts';
import { smallerPlans } from '../plan/shrink.ts';
import { searchPlan } from '../sim/search/search.ts';

/** What all plans of an arbitrary have in common. */
export interface PlanRequest extends Partial<Omit<PlanSizes, 'topology'>>, Pick<PlanSizes, 'topology'> {
  /** Each plan has faults of one of these, some of two. */
  readonly hazards: readonly Hazard[];
}

/** Short enough that a schedule is simulated in milliseconds, long enough for a round trip to be nothing beside it. */
const LEASE_MS = 600;
/** At most: most plans have fewer. */
const WORKERS = 4;
const RECOVER_MS = 1000;
const MOST_SEEDS = 2 ** 31;

const schema = z.looseObject({
  hazards: z.array(z.enum(HAZARDS)).min(1),
  topology: z.enum(TOPOLOGIES),
  workers: z.int().min(2).max(10).optional(),
  leaseMs: z.number().positive().optional(),
});

class Plans extends fc.Arbitrary<Plan> {
  readonly #sizes: PlanSizes;
  readonly #hazards: readonly Hazard[];

  constructor(sizes: PlanSizes, hazards: readonly Hazard[]) {
    super();
    this.#sizes = sizes;
    this.#hazards = hazards;
  }

  override generate(random: fc.Random): fc.Value<Plan> {
    const seed = random.nextInt(0, MOST_SEEDS - 1);
    return new fc.Value(searchPlan({ sizes: this.#sizes, hazards: this.#hazards, seed }, 0), undefined);
  }

  /** Any plan shrinks, also one that was given as an example. */
  override canShrinkWithoutContext(value: unknown): value is Plan {
    return planSchema.safeParse(value).success;
  }

  override shrink(plan: Plan): fc.Stream<fc.Value<Plan>> {
    return fc.stream(smallerPlans(plan)).map((smaller) => new fc.Value(smaller, undefined));
  }
}

/**
 * Small plans of a few cycles. Of a failing one, faults go first, then workers, cycles and keys, and at last the numbers.
 * @throws UsageError
 */
export function planArbitrary(request: PlanRequest): fc.Arbitrary<Plan> {
  const parsed = schema.safeParse(request);
  if (!parsed.success) throw new UsageError(`planArbitrary: ${describeIssues(parsed.error)}`);
  const { hazards, ...sizes } = request;
  return new Plans(
    {
      ...{ lock: '', options: {}, scenario: 'shared-counter', workers: WORKERS, clientsPerWorker: 1 },
      ...{ leaseMs: LEASE_MS, recoverMs: RECOVER_MS },
      ...sizes,
    },
    hazards,
  );
}
