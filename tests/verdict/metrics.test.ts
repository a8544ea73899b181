import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { HistoryEvent } from '../../harness/history/events.ts';
import { Metrics } from '../../harness/verdict/metrics.ts';
import { cycle, inOrder, MS, smallPlan } from './small-plan.ts';

const plan = smallPlan(['none']);
const summaryOf = (events: readonly HistoryEvent[], elapsedMs = 1000) => {
  const metrics = new Metrics();
  metrics.add(inOrder(...events), plan, elapsedMs);
  return metrics.summary();
};

void test('each figure counts the operations that are in the history, over all histories', () => {
  const step = fc.record({
    process: fc.constantFrom(0, 1),
    ok: fc.boolean(),
    release: fc.constantFrom('released', 'unknown', 'none'),
    lapse: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 20 }), { minLength: 1, maxLength: 3 }), (histories) => {
      const metrics = new Metrics();
      const counted = { acquire: 0, hold: 0, release: 0 };
      for (const [number, steps] of histories.entries()) {
        const events = steps.flatMap(({ process, ok, release, lapse }, index) => {
          const key = lapse ? plan.lapseKey : 'a';
          const at = index * 10;
          const all = cycle(
            process,
            `L${number}.${index}`,
            { asked: at, granted: at + 1, let: at + 2, gone: at + 3 },
            { key },
          );
          const kept = !ok ? 1 : { released: 4, unknown: 3, none: 2 }[release];
          if (!lapse) {
            counted.acquire += kept > 1 ? 1 : 0;
            counted.hold += kept > 2 ? 1 : 0;
            counted.release += kept > 3 ? 1 : 0;
          }
          return all.slice(0, kept);
        });
        metrics.add(events, plan, 1000);
      }
      const { latency, throughput } = metrics.summary();
      for (const name of ['acquire', 'hold', 'release'] as const)
        assert.equal(latency[name]?.count ?? 0, counted[name], name);
      assert.equal(throughput ?? 0, counted.acquire / histories.length);
    }),
  );
});

void test('times are milliseconds from call to answer', () => {
  const { latency } = summaryOf(cycle(0, 'A', { asked: 100, granted: 103, let: 110, gone: 112 }));
  // The histogram has three significant digits.
  const about = (value: number | undefined, expected: number): void =>
    assert.ok(Math.abs((value ?? 0) - expected) <= expected / 1000, `${value}, expected ${expected}`);
  about(latency.acquire?.p50, 3);
  about(latency.hold?.max, 7);
  about(latency.release?.p999, 2);
});

void describe('a handover', () => {
  void test('is from the call of the release to the grant of one who was waiting', () => {
    const { latency } = summaryOf([
      ...cycle(0, 'A', { asked: 0, granted: 1, let: 50, gone: 52 }),
      ...cycle(1, 'B', { asked: 10, granted: 54, let: 60, gone: 61 }),
    ]);
    assert.equal(latency.handover?.count, 1);
    assert.ok(Math.abs((latency.handover?.p50 ?? 0) - 4) < 0.01);
  });

  void test('is not counted for one who came after the release, nor between two keys', () => {
    const first = cycle(0, 'A', { asked: 0, granted: 1, let: 50, gone: 52 });
    const late = summaryOf([...first, ...cycle(1, 'B', { asked: 51, granted: 54, let: 60, gone: 61 })]);
    assert.equal(late.latency.handover, undefined);
    const other = summaryOf([...first, ...cycle(1, 'B', { asked: 10, granted: 54, let: 60, gone: 61 }, { key: 'b' })]);
    assert.equal(other.latency.handover, undefined);
  });
});

void describe('fairness', () => {
  const grants = (processes: readonly number[]) =>
    summaryOf(
      processes.flatMap((process, index) =>
        cycle(process, `L${index}`, {
          asked: index * 10,
          granted: index * 10 + 1,
          let: index * 10 + 2,
          gone: index * 10 + 3,
        }),
      ),
    ).fairness;

  void test('is 1 where all get the same, and 1/n where one gets all', () => {
    assert.equal(grants([0, 1, 0, 1]), 1);
    assert.equal(grants([0, 0, 0]), 1 / 2);
  });

  void test('counts a client that goes on under another process number as the same', () => {
    assert.equal(grants([0, 1, 4, 5]), 1);
  });
});

void test('a history without grants has no rate and no fairness', () => {
  const refused: HistoryEvent[] = [
    { type: 'invoke', process: 0, f: 'acquire', key: 'a', value: { lease: 'A' }, time: 0 },
    { type: 'fail', process: 0, f: 'acquire', key: 'a', value: { lease: 'A' }, time: MS },
  ];
  assert.deepEqual(summaryOf(refused), { latency: {} });
});
