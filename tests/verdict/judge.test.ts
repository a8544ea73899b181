/** `verify`, which judges events in memory, and `bench`, which judges files, judge alike, and by every checker there is. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { z } from 'zod';
import { checkFile } from '../../harness/check/check.ts';
import { LEASE_CHECKERS } from '../../harness/check/checkers.ts';
import type { Finding } from '../../harness/check/verdict.ts';
import type { HistoryEvent, HistoryHeader } from '../../harness/history/events.ts';
import { loadHistory } from '../../harness/history/read.ts';
import { writeHistory } from '../../harness/run/merge.ts';
import { judge, judgeFile, type Judgement } from '../../harness/verdict/judge.ts';
import { crowdedStories } from '../check/crowded-stories.ts';
import { stories } from '../../harness/testing/stories.ts';
import { eventsOf } from '../../harness/testing/story-events.ts';
import { cycle, HEADER, MS, smallPlan } from './small-plan.ts';

const HISTORIES = Number(process.env['HISTORIES'] ?? 300);
const CASES = join(import.meta.dirname, '../check/cases');
const PLAN = smallPlan(['client-pause', 'client-crash']);

const accusation = ({ kind, property, key, leases }: Finding): string =>
  [kind, property, key, ...leases.toSorted()].join(' ');
const accusations = ({ findings }: Judgement): string[] => findings.map(({ finding }) => accusation(finding));

/** All but the events, of which a file's judgement has some. */
function said({ events: _events, ...judgement }: Judgement): Omit<Judgement, 'events'> {
  return judgement;
}

/** As `verify` and as `bench` judge it. */
async function bothWays(
  header: HistoryHeader,
  events: readonly HistoryEvent[],
): Promise<readonly [Judgement, Judgement]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-judge-'));
  try {
    const path = join(folder, 'history.ndjson');
    await writeHistory(path, header, events);
    return [judge(PLAN, header, events), await judgeFile(PLAN, path, events)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Each states the verdicts that it must be given. */
const expectation = z.looseObject({ expect: z.record(z.string(), z.looseObject({ valid: z.unknown() })) });

void describe('every checker of leases is asked by verify, bench and check alike', async () => {
  const cases = await Promise.all(
    readdirSync(CASES).map(async (file) => ({ path: join(CASES, file), ...(await loadHistory(join(CASES, file))) })),
  );
  for (const { model, judges } of LEASE_CHECKERS) {
    const broken = cases.filter(({ header }) => expectation.parse(header).expect[model]?.valid === false);
    void test(model, async () => {
      assert.ok(broken.length > 0);
      for (const { path, header, events } of broken) {
        const { verdict } = await checkFile(path, model);
        const judgements = [judge(PLAN, header, events), await judgeFile(PLAN, path, events)];
        for (const finding of verdict.findings) {
          assert.ok(finding.property in judges, `${model} judges ${finding.property}`);
          for (const judgement of judgements) assert.ok(accusations(judgement).includes(accusation(finding)), path);
        }
      }
    });
  }
});

test('verify and bench judge one history to the same findings, and tell none twice', async () => {
  const header = { ...HEADER, recoverNs: 4, bypass: 0, allowanceNs: 2 };
  const kind = { fences: true, modes: true, deadlines: true };
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.oneof(stories(kind, 6, 2), crowdedStories(true)), async (story) => {
      const [inMemory, fromFile] = await bothWays(header, eventsOf(story));
      assert.deepEqual(said(fromFile), said(inMemory));
      assert.equal(new Set(accusations(inMemory)).size, inMemory.findings.length);
      for (const { model } of inMemory.findings) seen.set(model, (seen.get(model) ?? 0) + 1);
    }),
    { numRuns: HISTORIES },
  );
  for (const model of ['lock', 'belief', 'resource', 'liveness', 'fairness', 'sharing'])
    assert.ok(seen.has(model), `${model} found something`);
});

test('tokens that fall are one finding of one checker', async () => {
  const { header, events } = await loadHistory(join(CASES, 'tokens-fall.ndjson'));
  for (const { findings } of await bothWays(header, events)) {
    assert.deepEqual(
      findings.map(({ model, finding }) => [model, finding.property]),
      [['lock', 'fencing']],
    );
  }
});

test('a history is not said to have tried what its header states no bound for', () => {
  const { recoverNs: _bound, ...unbound } = HEADER;
  const events = cycle(0, 'A', { asked: 1, granted: 2, let: 3, gone: 4 }, { fence: 7 });
  assert.deepEqual(judge(PLAN, unbound, events).operations, {
    ...{ exclusion: 2, fencing: 1, 'no-lost-update': 0, 'loss-notice': 0, sharing: 0, composure: PLAN.workers },
  });
  const bounds = { bypass: 0, allowanceNs: 10 * MS, settleNs: MS };
  assert.deepEqual(judge(PLAN, { ...HEADER, ...bounds }, events).operations, {
    ...{ exclusion: 2, fencing: 1, 'no-lost-update': 0, 'loss-notice': 0, sharing: 0, composure: PLAN.workers },
    ...{ 'deadlock-freedom': 1, fairness: 0, reentrancy: 0, responsiveness: 0 },
  });
});
