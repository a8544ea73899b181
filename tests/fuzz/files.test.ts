/** Plans, configurations, reports and baselines, however wrong, are refused in one line or are as good as any other. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import * as fc from 'fast-check';
import { HAZARDS } from '../../implementations/claims.ts';
import { UsageError } from '../../harness/base/errors.ts';
import { loadConfig } from '../../harness/cli/config.ts';
import { parseThreshold } from '../../harness/gates/threshold.ts';
import { readReport } from '../../harness/commands/read-report.ts';
import { compareEntries } from '../../harness/compare/compare.ts';
import { outcomeOf } from '../../harness/compare/outcome.ts';
import { baselinesOf, entriesOf } from '../../harness/compare/stored.ts';
import { makePlan } from '../../harness/faults/plans.ts';
import { INTERLEAVED_LIMITS } from '../../harness/gates/change.ts';
import { parsePlan, PlanError, type Plan } from '../../harness/plan/plan.ts';
import { loadReporter, RUN_FOLDER_FORMATS } from '../../reports/reporters.ts';
import { draws } from '../effort.ts';
import { benched, compared, saturated } from '../reports/bench-fixtures.ts';
import { allHolds, inconclusive, severalLocks, violated } from '../reports/fixtures.ts';
import { assertOneLine, bentTexts, changedDocuments, inTime } from './mutations.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'));
});
after(() => rmSync(folder, { recursive: true }));

/** What comes of a file; `undefined` where it is refused as a user's mistake, in one line. */
async function readOrRefused<T>(
  read: () => Promise<T> | T,
  refusal: typeof UsageError | typeof PlanError,
): Promise<T | undefined> {
  try {
    return await inTime(read);
  } catch (error) {
    if (!(error instanceof refusal)) throw error;
    assertOneLine(error.message);
    return undefined;
  }
}

/** A good document, changed or bent. */
const wrong = (document: fc.Arbitrary<unknown>): fc.Arbitrary<string | Uint8Array> =>
  fc.oneof(
    { weight: 3, arbitrary: changedDocuments(document) },
    { weight: 1, arbitrary: bentTexts(document.map((good) => JSON.stringify(good))) },
  );

const plan = fc
  .record({ hazard: fc.constantFrom(...HAZARDS), seed: fc.nat(1000), index: fc.nat(5) })
  .map(({ hazard, seed, index }) => {
    const sizes = {
      ...{
        lock: 'redlock',
        options: { drift: 0.01 },
        topology: '5 independent nodes' as const,
        scenario: 'shared-counter',
      },
      ...{ workers: 4, clientsPerWorker: 1, leaseMs: 600, recoverMs: 1000 },
    };
    return makePlan(sizes, [hazard], seed, index, 'busy');
  });

/** No time in it, nor all together, is longer than a day; no list or text is endless. */
function assertBounded(value: unknown): void {
  if (typeof value === 'number') assert.ok(Math.abs(value) <= Number.MAX_SAFE_INTEGER, String(value));
  if (typeof value === 'string') assert.ok(value.length <= 100_000);
  if (typeof value !== 'object' || value === null) return;
  const parts = Object.values(value);
  assert.ok(parts.length <= 10_000);
  for (const part of parts) assertBounded(part);
}

function assertRunnable(one: Plan): void {
  // The options are the lock's own, whose module refuses what it cannot use.
  assertBounded({ ...one, options: {} });
  const times = [one.leaseMs, one.workMs, one.acquireTimeoutMs, one.recoverMs, ...one.holdsMs, ...one.thinksMs];
  const faultsMs = one.faults.reduce((sum, { afterMs, durationMs }) => sum + afterMs + durationMs, 0);
  assert.ok([...times, faultsMs].every((ms) => ms >= 0 && ms <= 86_400_000));
  assert.ok(one.workers * one.clientsPerWorker <= 10_000);
}

const config = fc.record({
  ...{
    impl: fc.constant('redlock'),
    profile: fc.constant('smoke'),
    backend: fc.constant('external'),
    out: fc.constant('runs'),
  },
  thresholds: fc.constant(['acquire p(99)<50', 'violations count==0']),
  external: fc.constant({
    servers: { redis: [{ address: 'redis://u:p@localhost:6379', upstream: 'redis:6379' }] },
    toxiproxy: { api: 'localhost:8474', ports: [20_000, 20_100] },
  }),
});

const report = fc
  .constantFrom(allHolds, violated, inconclusive, severalLocks, benched, saturated, compared)
  .map((make) => make());

void suite('a file that is wrong in some of its parts or bytes is refused in one line, or as good as any other', () => {
  void test('a plan', async () => {
    await fc.assert(
      fc.asyncProperty(wrong(plan), async (text) => {
        const parsed = await readOrRefused(() => parsePlan(Buffer.from(text).toString(), 'p'), PlanError);
        if (parsed !== undefined) assertRunnable(parsed);
      }),
      draws(200),
    );
  });

  void test('a configuration', async () => {
    const place = join(folder, 'config');
    mkdirSync(place, { recursive: true });
    await fc.assert(
      fc.asyncProperty(wrong(config), async (text) => {
        writeFileSync(join(place, 'holdfast.config.json'), text);
        const read = await readOrRefused(() => loadConfig(place), UsageError);
        if (read !== undefined) await readOrRefused(() => (read.thresholds ?? []).map(parseThreshold), UsageError);
        assertBounded(read);
      }),
      draws(200),
    );
  });

  void test('a report, which is rendered in every format', async () => {
    const path = join(folder, 'report.json');
    await fc.assert(
      fc.asyncProperty(wrong(report), async (text) => {
        writeFileSync(path, text);
        const read = await readOrRefused(() => readReport(path), UsageError);
        if (read === undefined) return;
        assert.ok([0, 1, 2, 3, 4, 5, 130].includes(read.exitCode));
        for (const format of ['terminal', ...RUN_FOLDER_FORMATS] as const) {
          const reporter = await loadReporter(format);
          const rendered = await inTime(() => reporter.render(read));
          assert.ok(rendered.length > 0 || format.startsWith('benchmark'), format);
        }
      }),
      draws(200),
    );
  });

  void test('a baseline, and a report held against it', async () => {
    const path = join(folder, 'baseline.json');
    const measured = fc.constantFrom(benched, saturated, compared).map((make) => make());
    await fc.assert(
      fc.asyncProperty(wrong(measured), measured, async (text, candidate) => {
        writeFileSync(path, text);
        const read = await readOrRefused(() => readReport(path), UsageError);
        if (read === undefined) return;
        const entries = entriesOf([candidate, read]);
        const baselines = baselinesOf(read, INTERLEAVED_LIMITS);
        const comparison = await inTime(() => compareEntries(entries, { baselines }));
        const { exitCode, conclusion } = outcomeOf(
          entries.map((entry) => entry.report),
          comparison,
        );
        assert.ok([0, 1, 3, 4].includes(exitCode), String(exitCode));
        assert.ok(conclusion.length > 0);
      }),
      draws(200),
    );
  });
});

void suite('what changes nothing of the meaning of a plan changes nothing of what is read', () => {
  const backwards = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .toReversed()
            .map(([name, part]) => [name, backwards(part)]),
        )
      : value;
  void test('the order of its fields, and blanks', () => {
    fc.assert(
      fc.property(plan, (good) => {
        const text = JSON.stringify(backwards(good), undefined, 3).replaceAll('\n', '\r\n');
        assert.deepEqual(parsePlan(text, 'p'), parsePlan(JSON.stringify(good), 'p'));
      }),
      draws(200),
    );
  });
});
