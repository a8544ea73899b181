import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolveLock } from '../../harness/commands/locks.ts';
import { DEFAULT_SHAPE, type LoadSettings } from '../../harness/load/settings.ts';
import { benchSimulated } from '../../harness/load/sim-bench.ts';

for (const [name, commands, roundTrips] of [
  ['redis-basic', 2, 2],
  ['redlock', 10, 2],
  ['sql-row-mariadb', 2, 2],
] as const) {
  test(`${name} sends ${commands} commands a cycle and waits for ${roundTrips} round trips`, async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-sim-bench-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const lock = await resolveLock(name);
    const settings: LoadSettings = {
      ...{ ...DEFAULT_SHAPE, workers: 3, warmUpMs: 100, durationMs: 400, seed: 1, folder },
      ...{ topology: lock.module.topologies[0], provisioner: { kind: 'sim', reason: 'a test' } },
      ...{ external: undefined, proxied: false, hazards: [] },
    };
    const report = await benchSimulated(lock, settings);
    assert.equal(report.commandsPerCycle, commands);
    assert.equal(report.load?.criticalPath, roundTrips);
    assert.equal(report.load?.checked.verdict, 'holds');
    assert.ok(
      (report.latency.acquire?.min ?? 0) >= 1,
      'nothing is faster than a round trip of one virtual millisecond',
    );
    assert.equal(report.cpu, undefined);
  });
}

test('what has no meaning in the simulation is refused', async () => {
  const lock = await resolveLock('redis-basic');
  const settings: LoadSettings = {
    ...{ ...DEFAULT_SHAPE, mode: { kind: 'open', perSecond: 10, arrivals: 'constant' }, seed: 1, folder: '.' },
    ...{ topology: 'single', provisioner: { kind: 'sim', reason: 'a test' } },
    ...{ external: undefined, proxied: false, hazards: [] },
  };
  await assert.rejects(benchSimulated(lock, settings), /only a closed loop/);
});
