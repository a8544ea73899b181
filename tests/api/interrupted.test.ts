/** A signal that has aborted ends every command: it resolves, says so, and leaves no file. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makePlan } from '../../harness/faults/plans.ts';
import {
  bench,
  check,
  compare,
  conformance,
  replay,
  shrink,
  soak,
  specimens,
  type CommandOptions,
} from '../../index.ts';

const out = mkdtempSync(join(tmpdir(), 'holdfast-api-'));
after(() => rmSync(out, { recursive: true }));

const aborted: CommandOptions<unknown> = { signal: AbortSignal.abort() };
const sim = { backend: 'sim', out } as const;
const plan = makePlan(
  {
    ...{ lock: 'no-owner-delete', options: {}, topology: 'single', scenario: 'shared-counter' },
    ...{ workers: 2, clientsPerWorker: 1, leaseMs: 600, recoverMs: 1000 },
  },
  ['client-pause'],
  1,
  0,
  'busy',
);

const CALLS: Readonly<Record<string, () => Promise<{ readonly interrupted: boolean }>>> = {
  bench: () => bench({ ...sim, impl: 'redis-basic' }, aborted),
  compare: () => compare({ backend: 'native', out, impl: 'local' }, aborted),
  replay: () => replay({ ...sim, plan }, aborted),
  shrink: async () => ({ interrupted: (await shrink({ ...sim, plan }, aborted)).outcome === 'interrupted' }),
  soak: () => soak({ impl: 'redis-basic', out }, aborted),
  check: () => check({ files: ['nowhere.ndjson'] }, aborted),
  conformance: () => conformance({ impl: 'redis-basic' }, aborted),
  specimens: () => specimens({ only: ['none'], backend: 'sim' }, aborted),
};

for (const [name, call] of Object.entries(CALLS)) {
  void test(name, async () => {
    assert.equal((await call()).interrupted, true);
    assert.deepEqual(readdirSync(out), []);
  });
}
