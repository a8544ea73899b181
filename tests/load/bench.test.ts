import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { Session } from '../../harness/backends/session.ts';
import { resolveLock } from '../../harness/commands/locks.ts';
import { openBench } from '../../harness/load/bench.ts';
import { DEFAULT_SHAPE, type LoadSettings } from '../../harness/load/settings.ts';
import type { LockReport } from '../../harness/report/report.ts';

interface Loaded {
  readonly report: LockReport;
  readonly events: readonly { f: string; type: string; process: unknown; time: number; value: { outcome?: string } }[];
}

async function load(context: TestContext, name: string, shape: Partial<LoadSettings>): Promise<Loaded> {
  const session = await Session.open();
  context.after(() => session.close());
  const folder = session.folder('run');
  const lock = await resolveLock(name);
  const settings: LoadSettings = {
    ...{ ...DEFAULT_SHAPE, workers: 2, warmUpMs: 100, durationMs: 500, topology: 'single', folder, seed: 1 },
    ...{ provisioner: { kind: 'native', reason: 'a test' }, external: undefined, proxied: false, hazards: [] },
    ...shape,
  };
  await using bench = await openBench(session, lock, settings, new AbortController().signal);
  await bench.round();
  const report = await bench.report();
  const [, ...lines] = readFileSync(`${folder}/history-000.ndjson`, 'utf8').trimEnd().split('\n');
  return { report, events: lines.map((line) => JSON.parse(line) as Loaded['events'][number]) };
}

test('every operation that a history holds is in the histograms, and no other', async (context) => {
  const { report, events } = await load(context, 'redis-basic', { clientsPerWorker: 3, holdMs: [0, 2], renews: 1 });
  const began = 250e6;
  const measured = events.filter(({ time }) => time >= began && time < began + 500e6);
  const count = (f: string, type: string): number =>
    measured.filter((event) => typeof event.process === 'number' && event.f === f && event.type === type).length;
  const { acquire, hold, release, renew } = report.latency;
  assert.ok((acquire?.count ?? 0) > 20);
  assert.equal(acquire?.count, count('acquire', 'ok'));
  assert.equal(hold?.count, count('release', 'invoke'));
  assert.equal(release?.count, count('release', 'ok'));
  assert.equal(renew?.count, measured.filter(({ f }) => f === 'renew').length);
  assert.equal(report.load?.cycles, count('release', 'ok'));
  assert.equal(report.load?.checked.verdict, 'holds');
  assert.equal(report.load?.checked.events, events.length);
  assert.equal(report.commandsPerCycle, 2);
  assert.ok((report.load?.harness?.pairs ?? 0) > 0);
});

test('a lock that lets everybody in is found out under load', async (context) => {
  const { report } = await load(context, 'none', { holdMs: [1, 1] });
  assert.equal(report.load?.checked.verdict, 'violated');
  const violated = report.cells.filter(({ verdict }) => verdict === 'violated').map(({ property }) => property);
  assert.deepEqual(violated, ['exclusion', 'no-lost-update']);
});

test('buyers of a flash sale are sold what there is, and without a lock more', async (context) => {
  const shape = { stock: 20, clientsPerWorker: 3, holdMs: [1, 1] as const };
  const { report } = await load(context, 'redis-basic', shape);
  assert.deepEqual([report.load?.service?.sold, report.load?.service?.oversold], [20, 0]);
  const { report: without } = await load(context, 'none', shape);
  assert.ok((without.load?.service?.oversold ?? 0) > 0);
});
