import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parsePlan, type Plan } from '../../harness/plan/plan.ts';
import { lockProperty, type LockPropertyOptions } from '../../harness/testing/lock-property.ts';
import { ViolationError } from '../../harness/testing/violation.ts';

const CORRECT = new URL('../../examples/my-lock.ts', import.meta.url);
const BROKEN = new URL('../../implementations/broken/no-owner-delete.ts', import.meta.url);
const SETTINGS = { seed: 1, numRuns: 50 };
const out = mkdtempSync(join(tmpdir(), 'holdfast-failing-'));
after(() => rmSync(out, { recursive: true }));

/** What fast-check has to tell of the specimen, which pauses bring down. */
async function failure(options: LockPropertyOptions = {}): Promise<fc.RunDetails<[Plan]>> {
  return fc.check(await lockProperty(BROKEN, { hazards: ['client-pause'], out, ...options }), SETTINGS);
}

void describe('a lock as a property', () => {
  void it('holds for a lock that keeps its promises', async () => {
    await fc.assert(await lockProperty(CORRECT, { hazards: ['client-pause'], out }), SETTINGS);
  });

  void it('fails with the smallest plan that breaks one, its story, and its replay', async () => {
    const { counterexample, errorInstance } = await failure();
    const [plan] = counterexample ?? assert.fail('the specimen has passed');
    assert.equal(plan.faults.length, 1);
    assert.deepEqual([plan.workers, plan.keys.length, plan.lapseKey], [2, 1, undefined]);
    assert.ok(errorInstance instanceof ViolationError);
    assert.equal(errorInstance.property, 'exclusion');
    assert.match(errorInstance.message, /^exclusion is violated under client-pause:\n.* is granted /);
    const [, file = ''] = /replay (?:-- )?(\S+) --backend sim$/.exec(errorInstance.message) ?? [];
    assert.deepEqual(parsePlan(readFileSync(file, 'utf8'), file), plan);
  });

  void it('fails in the same way for the same seed of fast-check', async () => {
    const [one, other] = [await failure(), await failure()];
    assert.deepEqual(one.counterexample, other.counterexample);
    assert.deepEqual([one.counterexamplePath, one.numRuns], [other.counterexamplePath, other.numRuns]);
  });

  void it('fails at once for the plan of an earlier failure, given as an example', async () => {
    const { counterexample } = await failure();
    const property = await lockProperty(BROKEN, { hazards: ['client-pause'], out });
    const again = await fc.check(property, { examples: [counterexample ?? assert.fail()], numRuns: 1 });
    assert.deepEqual(again.counterexample, counterexample);
  });

  void it('judges no other properties than it is asked for', async () => {
    assert.equal((await failure({ properties: ['deadlock-freedom'] })).failed, false);
  });

  void it('keeps nothing of plans that break no promise', async () => {
    const unused = join(out, 'unused');
    await fc.assert(await lockProperty(CORRECT, { hazards: ['client-pause'], out: unused }), { seed: 1, numRuns: 2 });
    assert.ok(!existsSync(unused));
  });
});

void describe('a property that could not fail', () => {
  const refused = (lock: string | URL, options: LockPropertyOptions, message: RegExp): Promise<void> =>
    assert.rejects(lockProperty(lock, options), { name: 'UsageError', message });

  void it('is refused for a hazard under which nothing is promised', () =>
    refused(
      CORRECT,
      { hazards: ['server-crash-volatile'], properties: ['exclusion'] },
      /^my-lock \(single\) promises nothing of exclusion under server-crash-volatile; it does under: none, /,
    ));

  void it('is refused for a property that is not claimed', () =>
    refused(CORRECT, { properties: ['fairness'] }, /^my-lock \(single\) promises nothing of fairness$/));

  void it('is refused for options that do not exist', () =>
    refused(CORRECT, { leaseMs: -1 }, /^lockProperty: leaseMs: /));

  void it('is refused for a path that leads nowhere, and for a file that is no lock', async () => {
    await refused('./no-such-lock.ts', {}, /^\.\/no-such-lock\.ts: no such file/);
    await refused(new URL(import.meta.url), {}, /lock-property\.test\.ts has no export named "lock"$/);
  });
});
