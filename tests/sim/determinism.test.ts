/** The same plan gives the same history, byte for byte: whatever ran before it, and in whatever process. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT, Sandbox } from '../e2e/program.ts';
import { digestOf, mixedPlan, simulateAll } from './simulated.ts';

const SEEDS = Number(process.env['HOLDFAST_SIM_SEEDS'] ?? 25);

/** One for each kind of server, and of client, that is simulated. */
const LOCKS: readonly (readonly [name: string, seeds: number])[] = [
  ...['redis-basic', 'redlock', 'setnx-then-expire', 'none'].map((name) => [name, SEEDS] as const),
  ...['redis-sentinel', 'redis-cluster', 'etcd', 'consul', 'zookeeper', 'sql-table-sqlite'].map(
    (name) => [name, Math.ceil(SEEDS / 5)] as const,
  ),
  ...['postgres', 'mariadb'].flatMap((database) =>
    ['table', 'advisory'].map((kind) => [`sql-${kind}-${database}`, Math.ceil(SEEDS / 5)] as const),
  ),
  ['sql-row-mariadb', Math.ceil(SEEDS / 5)],
];

for (const [name, seeds] of LOCKS) {
  void describe(name, () => {
    const plans = Array.from({ length: seeds }, (_, index) => ({ ...mixedPlan(name, index), cycles: 3 }));

    void it(`${seeds} plans have the same histories forwards, and backwards on another thread`, async () => {
      const forwards = (await simulateAll(name, plans)).map(digestOf);
      const backwards = (await simulateAll(name, plans.toReversed())).map(digestOf).toReversed();
      assert.deepEqual(backwards, forwards);
      assert.ok(new Set(forwards).size > seeds / 2, 'the histories differ from each other');
    });
  });
}

void it('two processes write the same histories', async () => {
  await using sandbox = new Sandbox();
  const histories = async (name: string): Promise<ReadonlyMap<string, string>> => {
    const out = join(sandbox.work, name);
    const args = ['--impl', 'redis-basic', '--backend', 'sim', '--hazard', 'client-pause,latency', '--runs', '1'];
    const { code, stderr } = await sandbox.run(['verify', ...args, '--seed', '5', '--out', out], { cwd: ROOT });
    assert.equal(code, 0, stderr);
    const folder = join(out, 'latest');
    const files = readdirSync(folder).filter((file) => file.startsWith('history'));
    return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
  };
  const first = await histories('first');
  assert.equal(first.size, 2);
  assert.deepEqual(await histories('second'), first);
});
