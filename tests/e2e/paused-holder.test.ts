/**
 * The case to test first: A is granted a lease of 600 ms and stopped for 900 ms; B is granted the lock when that lease has
 * ended, and writes; A resumes and writes. A correct lease lock has broken no promise of exclusion, and an update is lost.
 */
import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Plan } from '../../harness/plan/plan.ts';
import { reportSchema } from '../../harness/report/report.ts';
import { Sandbox } from './program.ts';

const plan: Plan = {
  ...{ holdfast: 'plan', version: 1, index: 0, seed: 1, lock: 'redis-basic', options: {}, topology: 'single' },
  scenario: fileURLToPath(new URL('./fixtures/spinning-counter.ts', import.meta.url)),
  ...{ hazards: ['client-pause'], workers: 2, clientsPerWorker: 1, keys: ['a'], lapseKey: 'lapse' },
  ...{ leaseMs: 600, acquireTimeoutMs: 2400, renew: false, holdsMs: [0], thinksMs: [0] },
  ...{ workMs: 1500, recoverMs: 3500 },
  faults: [
    {
      ...{ id: 'f1', hazard: 'client-pause', afterMs: 0, durationMs: 900, workers: [0], nodes: [] },
      aim: { of: 'start', worker: 0, moment: 'acquire.ok', nth: 1, plusMs: 20, withinMs: 5000 },
    },
  ],
};

void test('a holder stopped beyond its lease overruns: the plain door is harmed, the fenced door is not, and no claim is broken', async () => {
  await using sandbox = new Sandbox();
  const file = join(sandbox.folder, 'plan.json');
  writeFileSync(file, JSON.stringify(plan));
  const { code, stdout } = await sandbox.run(['replay', file, '--backend', 'native', '--json', '--quiet']);
  const report = reportSchema.parse(JSON.parse(stdout));
  const [lock] = report.locks;
  const cells = new Map(
    lock?.cells.filter(({ hazard }) => hazard === 'client-pause').map((cell) => [cell.property, cell]),
  );
  assert.equal(code, 0, report.conclusion);
  assert.equal(cells.get('exclusion')?.verdict, 'holds');
  assert.equal(cells.get('exclusion')?.faultsBitten, 1);
  assert.equal(cells.get('no-lost-update')?.claim, 'not-promised');
  assert.ok((lock?.overruns ?? 0) >= 1, 'the late write is an overrun');
  assert.equal(cells.get('fencing')?.verdict, 'holds');
  assert.ok((lock?.refusedStale ?? 0) >= 1, 'the fenced door refused the late write');
});
