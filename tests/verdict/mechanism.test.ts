/** How a finding came about is told from what its history shows, and from nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../harness/check/verdict.ts';
import type { HistoryEvent } from '../../harness/history/events.ts';
import { mechanismOf } from '../../harness/verdict/mechanism.ts';
import { smallPlan } from './small-plan.ts';

const MS = 1e6;
const plan = smallPlan(['none']);

const event = (
  f: string,
  type: HistoryEvent['type'],
  process: number,
  atMs: number,
  value: Readonly<Record<string, unknown>>,
): HistoryEvent => ({ type, process, f, key: 'a', time: atMs * MS, value });

const granted = (lease: string, process: number, askedMs: number, atMs: number, untilMs: number): HistoryEvent[] => [
  event('acquire', 'invoke', process, askedMs, { lease, leaseMs: 100 }),
  event('acquire', 'ok', process, atMs, { lease, deadline: untilMs * MS }),
];
const released = (lease: string, process: number, calledMs: number, atMs: number, outcome: string): HistoryEvent[] => [
  event('release', 'invoke', process, calledMs, { lease }),
  event('release', 'ok', process, atMs, { lease, outcome }),
];
const inOrder = (...events: readonly HistoryEvent[]): HistoryEvent[] =>
  events.toSorted((a, b) => (a.time ?? 0) - (b.time ?? 0));

const overlap: Finding = {
  ...{ kind: 'violation', property: 'exclusion', key: 'a', leases: ['l2', 'l3'], at: 130 * MS },
  ...{ summary: 'two at once', witness: [] },
};
const told = (events: readonly HistoryEvent[], finding = overlap): string =>
  mechanismOf(plan, events, finding)?.text ?? '';

const first = granted('l1', 0, 0, 1, 100);
const second = granted('l2', 1, 50, 110, 205);
const third = granted('l3', 2, 60, 130, 225);

test('a release that was called after the next grant is told to have freed its lock', () => {
  const late = inOrder(...first, ...second, ...third, ...released('l1', 0, 115, 120, 'released'));
  assert.match(told(late), /release of worker 0's lease l1, called at 115\.0 ms, 15\.0 ms after its own deadline/u);
  assert.match(told(late), /it freed the lock of l2/u);
});

test('one that was called before, and answered after the next grant, may have been a hand-over: it "may have freed" it', () => {
  const slow = inOrder(...first, ...second, ...third, ...released('l1', 0, 90, 112, 'released'));
  assert.match(told(slow), /was answered "released" at 112\.0 ms: it may have freed the lock of l2/u);
});

test('a hand-over, and a release that is answered "lost", have freed nobody else\'s lock', () => {
  for (const [answeredMs, outcome] of [
    [108, 'released'],
    [120, 'lost'],
  ] as const) {
    const own = inOrder(...first, ...second, ...third, ...released('l1', 0, 90, answeredMs, outcome));
    assert.match(told(own), /no release between the grants of l2 and l3: the lock let both in/u);
  }
});

test('a lease that was waited for is not told to count from its answer', () => {
  const waited = inOrder(...first, ...granted('l2', 1, 0, 110, 205), ...third);
  assert.doesNotMatch(told(waited), /counts from the answer/u);
});

test('a free lock whose deadline lies more than its length after the request is told to count from the answer', () => {
  const slow = inOrder(...granted('l2', 1, 0, 80, 180), ...third);
  assert.match(
    told(slow),
    /was asked for at 0\.0 ms for 100\.0 ms, but its deadline 180\.0 ms counts from the answer/u,
  );
});

test('where clocks run unequally fast, an end that is late by no more than that is told to be by the clock', () => {
  const clocks: HistoryEvent = { type: 'info', process: 'harness', f: 'clocks', value: { skew: 0.01 }, time: 0 };
  const slow = inOrder(clocks, ...granted('l2', 1, 0, 1, 101), ...granted('l3', 2, 60, 99, 195));
  assert.match(told(slow), /ends at 101\.0 ms by its worker's clock: by the server's, which may run 2 % faster/u);
  assert.match(told(slow.slice(1)), /no release between the grants/u);
});

test('of tokens that do not rise it is told when the leases were asked for at the same time', () => {
  const both = inOrder(...second, ...third);
  assert.match(told(both, { ...overlap, property: 'fencing' }), /were both asked for before either was granted/u);
  const apart = inOrder(...granted('l2', 1, 0, 10, 90), ...third);
  assert.equal(told(apart, { ...overlap, property: 'fencing' }), '');
});
