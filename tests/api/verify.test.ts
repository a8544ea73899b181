import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { verify, type RunResult, type VerifyRequest } from '../../index.ts';
import { reportSchema } from '../../harness/report/report.ts';

const out = mkdtempSync(join(tmpdir(), 'holdfast-api-'));
after(() => rmSync(out, { recursive: true }));

/** Every plan is run, however slow the machine is. */
const BASE = { backend: 'sim', runs: 2, seed: 3, timeMs: 600_000, out } as const;
const REDLOCK: VerifyRequest = { ...BASE, impl: 'redlock', hazards: ['none', 'client-pause'] };
const BROKEN: VerifyRequest = { ...BASE, impl: 'no-owner-delete', hazards: ['client-pause'] };
/** Searches for longer than a test may last. */
const ENDLESS: VerifyRequest = { ...REDLOCK, runs: undefined };

/** What the seed decides. */
const cellsOf = ({ report }: RunResult) =>
  report.locks.map(({ name, cells }) => ({
    name,
    cells: cells.map(({ property, hazard, claim, verdict, runs, operations, violations, faultsBitten }) => ({
      ...{ property, hazard, claim, verdict, runs, operations, violations, faultsBitten },
    })),
  }));

void describe('verify, called from a program', () => {
  void test('resolves to what report.json holds, and to its folder, which is the latest', async () => {
    const { report, folder = '', interrupted } = await verify(BROKEN, { command: 'a test' });
    assert.equal(interrupted, false);
    assert.equal(report.exitCode, 1);
    assert.equal(report.command, 'a test');
    assert.equal(dirname(folder), out);
    const saved = reportSchema.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
    assert.deepEqual(saved, reportSchema.parse(report));
    assert.equal(readlinkSync(join(out, 'latest')), basename(folder));
  });

  void test('without a command the report names the call, its credentials left out', async () => {
    const external = { servers: { redis: [{ address: 'redis://me:hunter2@127.0.0.1:6379' }] } };
    const { report } = await verify({ ...REDLOCK, runs: 1, external });
    assert.match(report.command, /^verify\(\{"backend":"sim".*"impl":"redlock"/);
    assert.doesNotMatch(report.command, /hunter2/);
  });

  void test('calls at once have folders of their own, and find what each finds alone', async () => {
    const together = await Promise.all([verify(REDLOCK), verify(BROKEN), verify(REDLOCK)]);
    const [first, broken, second] = together;
    assert.equal(new Set(together.map(({ folder }) => folder)).size, 3);
    for (const { report, folder = '' } of together) {
      const saved = reportSchema.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
      assert.equal(saved.run, report.run);
      assert.ok(readdirSync(folder).includes('plan-000.json'), folder);
    }
    assert.deepEqual(cellsOf(first), cellsOf(second));
    assert.deepEqual(cellsOf(first), cellsOf(await verify(REDLOCK)));
    assert.deepEqual(cellsOf(broken), cellsOf(await verify(BROKEN)));
  });

  void test('tells of every plan', async () => {
    const told: string[] = [];
    const { report } = await verify(REDLOCK, { onEvent: ({ type }) => void told.push(type) });
    const judged = told.filter((type) => type === 'plan-judged').length;
    assert.equal(told[0], 'lock');
    assert.equal(told.at(-1), 'reported');
    assert.equal(told.filter((type) => type === 'plan-started').length, judged);
    assert.ok(judged >= (report.locks[0]?.cells[0]?.runs ?? Infinity));
  });
});

void describe('a signal that aborts', () => {
  void test('ends a run with a report of what was seen until then, and no other run', async () => {
    const interrupt = new AbortController();
    const onEvent = ({ type }: { readonly type: string }): void => {
      if (type === 'plan-judged') interrupt.abort();
    };
    const [ended, other] = await Promise.all([verify(ENDLESS, { signal: interrupt.signal, onEvent }), verify(REDLOCK)]);
    assert.equal(ended.interrupted, true);
    assert.equal(ended.report.exitCode, 130);
    assert.match(ended.report.conclusion, /^Interrupted/);
    assert.ok(existsSync(join(ended.folder ?? '', 'report.json')));
    assert.equal(other.interrupted, false);
    assert.equal(other.report.exitCode, 0);
  });

  void test('before there was anything to report leaves no file, and an empty report', async () => {
    const nowhere = join(out, 'never', 'made');
    const { report, folder, interrupted } = await verify({ ...REDLOCK, out: nowhere }, { signal: AbortSignal.abort() });
    assert.deepEqual([folder, interrupted, report.exitCode, report.locks], [undefined, true, 130, []]);
    assert.equal(existsSync(dirname(nowhere)), false);
  });
});

void test('a run that fails leaves no folder', async () => {
  const nowhere = join(out, 'none');
  await assert.rejects(verify({ impl: 'none', hazards: ['latency'], out: nowhere }), /makes no claim on latency/);
  assert.equal(existsSync(nowhere), false);
});
