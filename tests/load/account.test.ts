import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Hazard } from '../../implementations/claims.ts';
import { resolveLock } from '../../harness/commands/locks.ts';
import type { HistoryEvent, HistoryHeader } from '../../harness/history/events.ts';
import { Account } from '../../harness/load/account.ts';
import { DEFAULT_SHAPE, type LoadSettings } from '../../harness/load/settings.ts';
import type { LockReport } from '../../harness/report/report.ts';
import { judge } from '../../harness/verdict/judge.ts';
import { cycle, HEADER, inOrder, nemesis, smallPlan } from '../verdict/small-plan.ts';

/** The report of one round of `redis-basic` under these hazards that left this history. */
async function reportOf(
  context: TestContext,
  hazards: readonly Hazard[],
  header: HistoryHeader,
  events: readonly HistoryEvent[],
): Promise<LockReport> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-account-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const settings: LoadSettings = {
    ...{ ...DEFAULT_SHAPE, topology: 'single', provisioner: { kind: 'sim', reason: 'a test' }, external: undefined },
    ...{ proxied: false, hazards, seed: 1, folder, warmUpMs: 0, durationMs: 5000 },
  };
  const lock = await resolveLock('redis-basic');
  const account = new Account({ run: 'r', lock, settings, deployment: undefined, commandsPerCycle: undefined });
  const plan = smallPlan(hazards.length === 0 ? ['none'] : hazards);
  const judgement = judge(plan, header, events);
  await account.takeSimulated(plan, { judgement, header, whole: true, elapsedMs: 1, messages: 0, struck: [] });
  return account.report();
}

const told = ({ cells }: LockReport): string[] =>
  cells.map(({ property, hazard, verdict }) => `${property} ${hazard} ${verdict}`);

const one = cycle(0, 'A', { asked: 100, granted: 105, let: 110, gone: 115 }, { fence: 1 });
const meanwhile = cycle(1, 'B', { asked: 101, granted: 107, let: 112, gone: 116 }, { fence: 2 });

test('the report of a load speaks of what its history tried, and of nothing that it did not', async (context) => {
  const always = ['exclusion none holds', 'no-lost-update none inconclusive', 'fencing none holds'];
  assert.deepEqual(told(await reportOf(context, [], HEADER, one)), [
    ...always,
    'deadlock-freedom none holds',
    'composure none holds',
  ]);
  const { recoverNs: _bound, ...unbound } = HEADER;
  assert.deepEqual(told(await reportOf(context, [], unbound, one)), [...always, 'composure none holds']);
});

test('what breaks before the fault of its round begins is told, and charged to no fault', async (context) => {
  const late = ['start', 'end'].map((phase, index) => nemesis('client-pause', 'f1.1', phase, 2000 + 100 * index));
  const report = await reportOf(context, ['client-pause'], HEADER, inOrder(...one, ...meanwhile, ...late));
  assert.ok(told(report).includes('exclusion none violated'));
  assert.equal(report.load?.checked.verdict, 'violated');
});

test('check finds what the report of a load tells, by the model that the report names', async (context) => {
  // B is granted it when the deadline of A has passed, but A's own lock still says "held".
  const held: HistoryEvent = {
    ...{ type: 'info', process: 'worker-0', f: 'held', key: 'a', value: { lease: 'A', held: true }, time: 800e6 },
  };
  const [asked, granted] = one;
  assert.ok(asked !== undefined && granted !== undefined);
  const later = cycle(1, 'B', { asked: 710, granted: 720, let: 900, gone: 905 }, { fence: 2 });
  const report = await reportOf(context, [], HEADER, inOrder(asked, granted, held, ...later));
  const cell = report.cells.find(({ verdict }) => verdict === 'violated');
  assert.equal(cell?.property, 'exclusion');
  assert.match(cell?.replay ?? '', /--model belief$/);
});
