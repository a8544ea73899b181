/** The harness's own test in the simulation: mistakes are found, and correct locks are not accused of any. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { catalogue } from '../../implementations/catalogue.ts';
import { claimOn, isPromise, type Hazard, type Property } from '../../implementations/claims.ts';
import type { LockModule } from '../../implementations/lock.ts';
import { separable } from '../../harness/plan/plan.ts';
import { isSimulated } from '../../harness/sim/servers/simulated.ts';
import type { Simulated } from '../../harness/sim/search/messages.ts';
import { witnessOf } from '../../harness/verdict/story.ts';
import { MECHANISMS } from './mechanisms.ts';
import { lockNamed, mixedPlan, searchAll, simulateAll } from './simulated.ts';

/** Schedules of each correct lock; CI has time for few, and several servers that agree take longer than one. */
const schedulesOf = ({ backend, topologies: [topology] }: LockModule): number =>
  backend === 'redis' && !separable(topology) ? 100 : 40;
/** Plans within which each mistake must show. */
const TRIES = 40;
const AT_A_TIME = 4;
/** What shows only where clocks run at different rates, which is the search's to draw: schedules of one, few at first. */
const BY_SEARCH = ['redlock-fixed-drift'];
const SEARCHED = [20, 100];
const modules = [...catalogue.values()]
  .map(({ module }) => module)
  .filter(({ backend, topologies }) => isSimulated(backend, topologies[0]));

interface Violation {
  readonly property: Property;
  readonly hazards: readonly Hazard[];
}

const violationsIn = ({ judgement }: Simulated): readonly Violation[] =>
  judgement.findings.flatMap(({ finding, hazards }) =>
    finding.kind === 'violation' ? [{ property: finding.property, hazards }] : [],
  );

type Found = Simulated['judgement']['findings'][number] & { readonly story: readonly string[] };

/** What a few plans under these hazards, or a search, show of one of these promises being broken. */
async function findingOf(
  name: string,
  hazards: readonly Hazard[],
  properties: readonly Property[],
): Promise<Found | undefined> {
  for await (const { judgement } of BY_SEARCH.includes(name) ? searched(name, hazards) : tried(name, hazards)) {
    const { plan, events, findings } = judgement;
    const found = findings.find(
      ({ finding: { kind, property } }) => kind === 'violation' && properties.includes(property),
    );
    if (found !== undefined) return { ...found, story: witnessOf(plan, events, found.finding, []).story };
  }
  return undefined;
}

async function* searched(name: string, hazards: readonly Hazard[]): AsyncGenerator<Simulated> {
  for (const schedules of SEARCHED) yield* await searchAll(name, schedules, hazards);
}

async function* tried(name: string, hazards: readonly Hazard[]): AsyncGenerator<Simulated> {
  const plans = Array.from({ length: TRIES }, (_, index) =>
    // Without a hazard named, no fault is needed.
    mixedPlan(name, index, hazards.length === 0 ? ['none'] : hazards),
  );
  // Without faults a plan is long, and one is mostly enough.
  const atATime = plans[0]?.hazards[0] === 'none' ? 1 : AT_A_TIME;
  while (plans.length > 0) yield* await simulateAll(name, plans.splice(0, atATime));
}

void describe('specimens', () => {
  for (const { name, specimen } of modules) {
    if (specimen === undefined) continue;
    void it(`${name} is found within ${TRIES} plans, and its story tells how it came about`, async () => {
      const hazards = specimen.shows.flatMap((one) => one.hazards);
      const properties = specimen.shows.map(({ property }) => property);
      const { story = [] } = (await findingOf(name, hazards, properties)) ?? {};
      assert.match(story.join('\n'), MECHANISMS[name] ?? /its mechanism stands in no table/u);
    });
  }
});

void describe('correct locks', () => {
  for (const module of modules) {
    const { name, specimen, backend } = module;
    if (specimen !== undefined || backend === 'memory') continue;
    const schedules = schedulesOf(module);
    void it(`${name} is not accused of breaking a promise in ${schedules} schedules`, async () => {
      const { claims } = lockNamed(name).module;
      const isPromised = ({ property, hazards }: Violation): boolean =>
        hazards.every((hazard) => isPromise(claimOn(claims, property, hazard)));
      for (const result of await searchAll(name, schedules)) {
        assert.deepEqual(violationsIn(result).filter(isPromised), [], JSON.stringify(result.judgement.plan));
      }
    });
  }
});

/** What nobody should promise of replicas that hear of a grant later. */
void describe('a lock that claims safety although a replica may take over', () => {
  for (const [name, hazard, property] of [
    ['sentinel-claims-failover', 'failover', 'fencing'],
    ['sentinel-claims-failover', 'server-pause', 'exclusion'],
    ['sentinel-claims-failover', 'minority-partition', 'exclusion'],
    ['cluster-claims-failover', 'failover', 'fencing'],
    ['cluster-claims-failover', 'minority-partition', 'exclusion'],
    ['postgres-claims-failover', 'failover', 'exclusion'],
  ] as const) {
    void it(`${name} is found under ${hazard} to break ${property}`, async () => {
      assert.ok(await findingOf(name, [hazard], [property]));
    });
  }
});

void it('a holder that is paused beyond its lease writes late within 50 schedules', async () => {
  const results = await searchAll('redis-basic', 50, ['client-pause']);
  assert.ok(results.some(({ judgement }) => judgement.overruns > 0));
  assert.ok(results.some(({ judgement }) => judgement.refusedStale > 0));
});

void it('nothing is written under a shared lease, entered once or again', async () => {
  const results = await searchAll('reentrant-read-write', 60, ['none']);
  const found = results.flatMap(({ judgement }) => judgement.findings.map(({ finding }) => finding.summary));
  assert.deepEqual(found, []);
});
