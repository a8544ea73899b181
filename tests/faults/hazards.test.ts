/** The table of hazards, each on its own and all together. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ADAPTERS, catalogue } from '../../implementations/catalogue.ts';
import { HAZARDS } from '../../implementations/claims.ts';
import { TOPOLOGIES, type Topology } from '../../implementations/lock.ts';
import { QUESTIONS } from '../../harness/compare/guarantees.ts';
import { hazardsOf, limitedHazards, movesClocksOf } from '../../harness/faults/available.ts';
import type { HazardDefinition } from '../../harness/faults/hazard.ts';
import { DISTURBING, findHazard } from '../../harness/faults/hazards/table.ts';
import { makePlan, PROFILES, REPEATED } from '../../harness/faults/plans.ts';
import { Scope } from '../../harness/faults/scope.ts';
import { nodesOf } from '../../harness/plan/plan.ts';
import { loadLockModule } from '../../harness/subject/module.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'harness', 'faults', 'hazards');
const disturbing = HAZARDS.filter((hazard) => hazard !== 'none');
/** On servers, or in a folder. */
const existsOn = (hazard: HazardDefinition, topology: Topology): boolean =>
  hazard.availableOn(topology, 'redis') || hazard.availableOn(topology, 'files');
const names = DISTURBING.map(({ name }) => name);

void test('the table has each hazard that disturbs once, and each has a file of its name', () => {
  assert.deepEqual(names.toSorted(), disturbing.toSorted());
  const files = readdirSync(FOLDER).filter((file) => file !== 'table.ts');
  assert.deepEqual(files.toSorted(), disturbing.map((name) => `${name}.ts`).toSorted());
});

void test('no hazard knows another: what two share lies outside of their files', () => {
  for (const name of disturbing) assert.doesNotMatch(readFileSync(join(FOLDER, `${name}.ts`), 'utf8'), /from '\.\//);
});

for (const hazard of DISTURBING) {
  void describe(hazard.name, () => {
    void test('says in a sentence what it does, and when it bit', () => {
      assert.match(hazard.summary, /^[A-Z].+\.$/);
      assert.match(hazard.bitWhen, /^[a-z].+[^.]$/);
    });

    void test('is drawn, and varied, as faults of its own name on what its topology has', () => {
      for (const topology of TOPOLOGIES.filter((one) => existsOn(hazard, one))) {
        const sizes = { lock: 'x', options: {}, topology, scenario: 'shared-counter', workers: 2, clientsPerWorker: 1 };
        const plan = makePlan({ ...sizes, leaseMs: 600, recoverMs: 1000 }, [hazard.name], 1, 0, 'busy');
        assert.ok(plan.faults.length > 0);
        assert.ok(plan.faults.every((fault) => fault.hazard === hazard.name));
        const variants = hazard.variants(new Scope(plan));
        assert.ok(variants.length > 0);
        for (const { nodes, workers } of variants) {
          assert.ok(nodes.length + workers.length > 0);
          assert.ok(nodes.every((node) => node < nodesOf(topology)) && workers.every((worker) => worker < 2));
        }
      }
    });

    void test('exists somewhere, without servers only if it needs none, and names what it needs', () => {
      assert.ok(TOPOLOGIES.some((topology) => existsOn(hazard, topology)));
      for (const topology of TOPOLOGIES) {
        const withoutServers = hazard.availableOn(topology, 'memory') || hazard.availableOn(topology, 'files');
        assert.equal(withoutServers, hazard.needs?.(topology) === undefined);
      }
    });
  });
}

void describe('what a deployment does not allow', () => {
  void test('limits the hazards that need it, and no others', () => {
    const clocks = { 'clock-jump': 'why', 'clock-jump-back': 'why', 'clock-jump-majority': 'why' };
    assert.deepEqual(limitedHazards('single', { clock: 'why' }), clocks);
    assert.deepEqual(limitedHazards('single', {}), {});
  });

  void test('limits partitions by what lies between: other servers, or the links to workers', () => {
    const partitions = { 'minority-partition': 'why', 'majority-partition': 'why' };
    assert.deepEqual(limitedHazards('3-node quorum', { partition: 'why' }), partitions);
    assert.deepEqual(limitedHazards('5 independent nodes', { partition: 'why' }), {});
    assert.ok('minority-partition' in limitedHazards('5 independent nodes', { links: 'why' }));
  });
});

void test('clocks of servers and of workers are moved by those hazards that say so', () => {
  assert.ok(movesClocksOf('server', { hazards: ['latency', 'clock-jump-back'] }));
  assert.ok(!movesClocksOf('server', { hazards: ['client-clock-jump'] }));
  assert.ok(movesClocksOf('worker', { hazards: ['client-clock-jump'] }));
  assert.ok(!movesClocksOf('worker', { hazards: ['none'] }));
});

void test('a round begins without faults and goes on with what finds most', () => {
  assert.deepEqual(PROFILES.default.hazards, ['none', ...names]);
  assert.deepEqual(PROFILES.smoke.hazards, ['none', 'client-pause', 'client-crash', 'latency', 'server-crash']);
  assert.deepEqual(REPEATED, ['client-pause', 'client-crash', 'latency']);
  const ofProcesses = ['none', 'client-pause', 'client-crash', 'client-clock-jump'];
  assert.deepEqual(hazardsOf('single', 'memory'), ofProcesses);
  const ofFolders = ['full-disk', 'read-only-disk', 'slow-disk', 'stale-mtime'];
  assert.deepEqual(hazardsOf('single', 'files'), [...ofProcesses, ...ofFolders]);
});

void describe('a name that is no hazard', () => {
  void test('is found nowhere, and no plan is made of it', () => {
    assert.equal(findHazard('client-puase'), undefined);
    const sizes = { lock: 'x', options: {}, topology: 'single', scenario: 'shared-counter', workers: 1 } as const;
    const make = (): unknown =>
      makePlan({ ...sizes, clientsPerWorker: 1, leaseMs: 600, recoverMs: 1 }, ['client-puase'], 1, 0, 'busy');
    assert.throws(make, /"client-puase" is no hazard/);
  });

  void test('is in the claims of no lock of the catalogue, nor in what a specimen shows', async () => {
    const urls = [...[...catalogue.values()].map(({ url }) => url), ...ADAPTERS.values()];
    for (const url of urls) {
      const { name, specimen } = await loadLockModule(url);
      for (const { hazards } of specimen?.shows ?? [])
        for (const hazard of hazards) assert.ok(HAZARDS.includes(hazard), `${name}: ${hazard}`);
    }
  });

  void test('in claims is refused where a lock is loaded', async () => {
    for (const wrong of [
      { otherwise: 'holds', except: { 'client-puase': 'not-promised' } },
      { otherwise: 'holds', together: [{ hazards: ['latency', 'client-puase'], claim: 'not-promised' }] },
    ]) {
      await assert.rejects(loadLockModule(moduleClaiming(wrong)), /is no lock module: claims/);
    }
    await loadLockModule(moduleClaiming({ otherwise: 'holds', except: { 'client-pause': 'not-promised' } }));
  });

  void test('is in no question of a comparison', () => {
    for (const { hazards } of Object.values(QUESTIONS))
      for (const hazard of hazards) assert.ok(HAZARDS.includes(hazard), hazard);
  });
});

/** The address of a module that is whole but for what it claims on exclusion. */
function moduleClaiming(exclusion: object): string {
  const module = { name: 'x', summary: 'x', backend: 'memory', topologies: ['single'], recoverMs: 0 };
  const text = `export const lock = { ...${JSON.stringify({ ...module, claims: { exclusion } })}, connect() {} };`;
  return `data:text/javascript,${encodeURIComponent(text)}`;
}
