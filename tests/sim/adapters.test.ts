/** Published locks, unmodified, in the simulation: they work, and what is known of them is found. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADAPTERS } from '../../implementations/catalogue.ts';
import type { LockModule } from '../../implementations/lock.ts';
import { digestOf, mixedPlan, searchAll, simulateAll } from './simulated.ts';

const brokenIn = async (name: string, schedules: number, hazard: 'none' | 'latency'): Promise<readonly string[]> =>
  (await searchAll(name, schedules, [hazard])).flatMap(({ judgement }) =>
    judgement.findings.flatMap(({ finding }) => (finding.kind === 'violation' ? [finding.property] : [])),
  );

for (const [name, url] of ADAPTERS) {
  const { lock } = (await import(url)) as { readonly lock: LockModule };
  // That they are refused with the reason is in libraries.test.ts.
  if (lock.notSimulable !== undefined) continue;
  void describe(name, () => {
    void it('is granted, does its work and is released, the same every time', async () => {
      const plans = Array.from({ length: 5 }, (_, index) => ({
        ...mixedPlan(name, index, ['client-pause']),
        cycles: 3,
      }));
      const runs = await simulateAll(name, plans);
      assert.ok(runs.every(({ judgement }) => judgement.increments > 0));
      assert.deepEqual((await simulateAll(name, plans)).map(digestOf), runs.map(digestOf));
    });
  });
}

void it('npm:redlock keeps exclusion under late replies', async () => {
  const broken = await brokenIn('npm:redlock', 40, 'latency');
  // It counts attempts, and states no time in which it answers.
  assert.deepEqual(
    broken.filter((property) => property !== 'responsiveness'),
    [],
  );
});

void it('npm:redis-semaphore takes a grant that arrives after its own end (docs/findings.md)', async () => {
  assert.ok((await brokenIn('npm:redis-semaphore', 60, 'latency')).includes('exclusion'));
});
