/** Applications that keep their invariants are not accused, nor are the locks that they use; those with a mistake are found. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { claimUnder, isPromise } from '../../implementations/claims.ts';
import type { HistoryEvent } from '../../harness/history/events.ts';
import type { SearchSpace } from '../../harness/plan/search-space.ts';
import { loadScenario } from '../../harness/resource/load-scenario.ts';
import {
  brokenScenarioNames,
  claimsWith,
  scenarioNames,
  scenarioUrl,
  sizesForScenario,
} from '../../harness/run/scenarios.ts';
import { Pool } from '../../harness/sim/search/pool.ts';
import { searchPlan } from '../../harness/sim/search/search.ts';
import type { Simulated } from '../../harness/sim/search/messages.ts';
import type { ChargedFinding } from '../../harness/verdict/judge.ts';
import { witnessOf } from '../../harness/verdict/story.ts';
import { casesOf, FIRST_CASE } from '../effort.ts';
import { hazardsFor, lockNamed, sizesFor } from './simulated.ts';

const LOCKS = ['redis-basic', 'etcd', 'sql-table'];
const SCHEDULES = casesOf(8);
/** Within which each mistake must show. */
const TRIES = 150;
const AT_A_TIME = 5;

const pool = new Pool(1);
after(() => pool.stop());

/** Runs schedules of a search until `enough` says so. */
async function search(
  lock: string,
  name: string,
  { first, count, seed }: { readonly first: number; readonly count: number; readonly seed: number },
  see: (one: Simulated) => boolean,
): Promise<void> {
  const scenario = await loadScenario(scenarioUrl(name));
  const sizes = { ...sizesFor(lock), scenario: name, ...sizesForScenario(scenario) };
  const space: SearchSpace = { sizes, hazards: hazardsFor(lock), seed };
  await using run = await pool.load(lockNamed(lock).url, scenarioUrl(name));
  let [next, ended] = [first, false];
  await run.work(
    () => {
      if (ended || next >= first + count) return undefined;
      const from = next;
      next = Math.min(from + AT_A_TIME, first + count);
      return { type: 'search', space, from, count: next - from };
    },
    async (results) => {
      for (const one of results) ended ||= see(one);
    },
  );
}

const isApplications = ({ finding }: ChargedFinding): boolean => finding.kind === 'application';

void describe('applications that keep their invariants', () => {
  for (const name of scenarioNames()) {
    for (const lock of LOCKS) {
      void it(`${name} over ${lock}: nobody is accused in ${SCHEDULES} schedules`, async () => {
        const claims = claimsWith(await loadScenario(scenarioUrl(name)), lockNamed(lock).module.claims);
        const isAccusation = (one: ChargedFinding): boolean =>
          isApplications(one) ||
          (one.finding.kind === 'violation' && isPromise(claimUnder(claims, one.finding.property, one.hazards)));
        let operations = 0;
        await search(lock, name, { first: FIRST_CASE, count: SCHEDULES, seed: 7 }, ({ judgement }) => {
          const accused = judgement.findings.filter(isAccusation).map(({ finding }) => finding.summary);
          assert.deepEqual([...accused, ...judgement.breaches], [], JSON.stringify(judgement.plan));
          operations += judgement.increments;
          return false;
        });
        assert.ok(operations > 0, 'something was done under the lock');
      });
    }
  }
});

void describe('applications with a mistake, over a lock that keeps its claims', () => {
  for (const name of brokenScenarioNames()) {
    void it(`${name} is found within ${TRIES} schedules, and the story says that the lock kept its word`, async () => {
      let story: readonly string[] | undefined;
      await search('redis-basic', name, { first: 0, count: TRIES, seed: 7 + FIRST_CASE }, ({ judgement }) => {
        const { plan, events, bitten, findings } = judgement;
        const found = findings.find(isApplications);
        if (found !== undefined) ({ story } = witnessOf(plan, events, found.finding, bitten));
        return found !== undefined;
      });
      assert.match(story?.at(-1) ?? 'not found', /the lock kept its word/);
    });
  }
});

void it('the story of a deadlock names what each of the two holds, and that one gave up', async () => {
  let story: readonly string[] = [];
  await search('redis-basic', 'broken/unordered', { first: 0, count: TRIES, seed: 7 }, ({ judgement }) => {
    const { plan, events, bitten, findings } = judgement;
    const found = findings.find((one) => isApplications(one) && one.finding.leases.length === 2);
    if (found !== undefined) ({ story } = witnessOf(plan, events, found.finding, bitten));
    return found !== undefined;
  });
  assert.equal(
    new Set(story.flatMap((line) => /lease (\S+) does "hold"/.exec(line)?.[1] ?? [])).size,
    2,
    story.join('\n'),
  );
  assert.ok(
    story.some((line) => line.includes('gave up')),
    story.join('\n'),
  );
});

void it('a scenario by its path does all that ours do', async () => {
  const path = fileURLToPath(new URL('fixtures/scenario-of-a-user.ts', import.meta.url));
  let found = 0;
  await search('redis-basic', path, { first: 0, count: 20, seed: 1 }, ({ judgement }) => {
    found += judgement.findings.filter(isApplications).length;
    return found > 0;
  });
  assert.ok(found > 0);
});

void describe('plans have routines of clients throw, and faults kill them inside', () => {
  void it('a routine throws at each of the places, its lease is released, and nobody is accused', async () => {
    const places = new Set<unknown>();
    let [kept, killed] = [0, 0];
    const scenario = await loadScenario(scenarioUrl('file-processing'));
    const sizes = { ...sizesFor('redis-basic'), scenario: 'file-processing', ...sizesForScenario(scenario) };
    const space: SearchSpace = { sizes, hazards: ['client-crash'], seed: 3 };
    const plans = Array.from({ length: 60 }, (_, index) => searchPlan(space, index));
    await using run = await pool.load(lockNamed('redis-basic').url, scenarioUrl('file-processing'));
    let given = false;
    await run.work(
      () => {
        if (given) return undefined;
        given = true;
        return { type: 'plans', plans, whole: true };
      },
      async (results) => {
        for (const { judgement } of results) {
          assert.deepEqual(judgement.findings.filter(isApplications), []);
          assert.deepEqual(judgement.breaches, []);
          for (const { f, process, value } of judgement.events) {
            if (f === 'throws') places.add((value as { at: unknown }).at);
            if (process === 'nemesis' && f === 'client-crash') killed += 1;
          }
          kept += unreleased(judgement.events);
        }
      },
    );
    assert.deepEqual(places, new Set(['done', 'granted', 'working']));
    assert.equal(kept, 0, 'whoever throws releases');
    assert.ok(killed > 0);
  });
});

/** Turns that have thrown, and whose lease was granted and never released. */
function unreleased(events: readonly HistoryEvent[]): number {
  const leaseOf = (event: HistoryEvent): unknown => (event.value as { lease?: unknown } | undefined)?.lease;
  const released = new Set(events.filter(({ f, type }) => f === 'release' && type === 'invoke').map(leaseOf));
  const killed = events.some(({ f }) => f === 'client-crash');
  if (killed) return 0;
  return events.filter(({ f, value }) => f === 'throws' && !released.has((value as { turn: unknown }).turn)).length;
}
