/** Plans for tests of the simulation, and threads to run them in. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ADAPTERS, findLock, type CatalogueEntry } from '../../implementations/catalogue.ts';
import { makePlan } from '../../harness/faults/plans.ts';
import { REGIMES, sizesOf, type PlanSizes } from '../../harness/plan/arbitrary.ts';
import { hazardsOf } from '../../harness/faults/available.ts';
import type { Plan } from '../../harness/plan/plan.ts';
import { scenarioUrl } from '../../harness/run/scenarios.ts';
import type { Simulated, Work } from '../../harness/sim/search/messages.ts';
import { Pool } from '../../harness/sim/search/pool.ts';
import type { Hazard } from '../../implementations/claims.ts';
import type { LockModule } from '../../implementations/lock.ts';

/** Locks of the tests' own, which claim what they cannot keep. */
const FIXTURES = [
  ...['sentinel-claims-failover', 'cluster-claims-failover', 'postgres-claims-failover', 'reentrant-read-write'],
].map((name) => [name, new URL(`fixtures/${name}.ts`, import.meta.url).href] as const);

/** Published locks, and those of the tests, are loaded once, for the tests only. */
const others = new Map<string, CatalogueEntry>();
for (const [name, url] of [...ADAPTERS, ...FIXTURES]) {
  const { lock } = (await import(url)) as { lock: LockModule };
  others.set(name, { module: lock, url });
}

export function lockNamed(name: string): CatalogueEntry {
  const entry = findLock(name) ?? others.get(name);
  if (entry === undefined) throw new Error(`there is no lock named ${name}`);
  return entry;
}

export function sizesFor(name: string): PlanSizes {
  const { module } = lockNamed(name);
  const [topology] = module.topologies;
  return {
    ...{ lock: name, options: {}, topology, scenario: 'shared-counter', workers: 4 },
    leaseMs: Math.max(600, module.leastLeaseMs ?? 0),
    ...sizesOf(module),
  };
}

/** All hazards that the simulation has for the lock. */
export function hazardsFor(name: string): readonly Hazard[] {
  const { backend, topologies } = lockNamed(name).module;
  return hazardsOf(topologies[0], backend);
}

/** Plan number `index` of a mixed bag. */
export function mixedPlan(name: string, index: number, hazards: readonly Hazard[] = disturbing(name)): Plan {
  const hazard = hazards[index % hazards.length] ?? 'none';
  return makePlan(sizesFor(name), [hazard], 7, index, REGIMES[index % REGIMES.length] ?? 'busy');
}

const disturbing = (name: string): readonly Hazard[] => hazardsFor(name).filter((hazard) => hazard !== 'none');

/** Runs plans of one lock on a thread of their own. */
export function simulateAll(name: string, plans: readonly Plan[]): Promise<readonly Simulated[]> {
  return askThread(name, { type: 'plans', plans, whole: true });
}

/** The first so many plans of a search. */
export function searchAll(name: string, count: number, hazards = hazardsFor(name)): Promise<readonly Simulated[]> {
  return askThread(name, { type: 'search', space: { sizes: sizesFor(name), hazards, seed: 7 }, from: 0, count });
}

/** The moments, in milliseconds, at which something happens in the run of a plan. */
export async function traceOf(name: string, plan: Plan): Promise<readonly number[]> {
  const pool = new Pool(1);
  try {
    const run = await pool.load(lockNamed(name).url, scenarioUrl('shared-counter'));
    return await run.trace(plan);
  } finally {
    await pool.stop();
  }
}

const askThread = (name: string, work: Work): Promise<readonly Simulated[]> =>
  mapResults(lockNamed(name).url, [work], inOrder);

/** @throws AssertionError when the lock did what none may do */
function inOrder(one: Simulated): Simulated {
  assert.deepEqual(one.judgement.breaches, [], one.judgement.plan.lock);
  return one;
}

/** Has a thread that has loaded this module do the work, whatever the lock does in it. */
export function askModule(url: string, work: Work): Promise<readonly Simulated[]> {
  return mapResults(url, [work], (result) => result);
}

/** What the histories of these plans are, in this order, on a thread of their own. */
export function digestsOf(name: string, plans: readonly Plan[]): Promise<readonly string[]> {
  const pieces = Array.from({ length: Math.ceil(plans.length / PIECE) }, (_, index): Work => ({
    ...{ type: 'plans', whole: true },
    plans: plans.slice(index * PIECE, (index + 1) * PIECE),
  }));
  return mapResults(lockNamed(name).url, pieces, (one) => digestOf(inOrder(one)));
}

/** Whole histories of so many plans are held at a time. */
const PIECE = 50;

async function mapResults<T>(url: string, pieces: readonly Work[], map: (one: Simulated) => T): Promise<T[]> {
  const pool = new Pool(1);
  try {
    const run = await pool.load(url, scenarioUrl('shared-counter'));
    const mapped: T[] = [];
    const next = pieces.values();
    await run.work(
      () => next.next().value,
      async (results) => void mapped.push(...results.map(map)),
    );
    return mapped;
  } finally {
    await pool.stop();
  }
}

/** Of the history, byte for byte. */
export function digestOf({ judgement }: Simulated): string {
  const hash = createHash('sha256');
  for (const event of judgement.events) hash.update(`${JSON.stringify(event)}\n`);
  return hash.digest('hex');
}
