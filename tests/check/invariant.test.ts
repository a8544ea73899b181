/** Who is charged with an invariant that is broken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkInvariant } from '../../harness/check/invariant.ts';
import { lockHistoryOf } from '../../harness/check/lock-history.ts';
import type { Finding } from '../../harness/check/verdict.ts';
import type { HistoryEvent } from '../../harness/history/events.ts';
import { historyOf } from '../../harness/history/read.ts';

const ms = (time: number): number => time * 1e6;

interface Leased {
  readonly lease: string;
  readonly process: number;
  readonly key?: string;
  readonly from: number;
  readonly until: number;
  /** Absent: never. */
  readonly released?: number;
  readonly lost?: number;
}

function leased({ lease, process, key = 'a', from, until, released, lost }: Leased): HistoryEvent[] {
  const event = (type: HistoryEvent['type'], f: string, time: number, value: object): HistoryEvent => ({
    ...{ type, process, f, key, value: { lease, ...value }, time: ms(time) },
  });
  return [
    event('invoke', 'acquire', from - 1, { leaseMs: 100 }),
    event('ok', 'acquire', from, { leaseMs: 100, deadline: ms(until) }),
    ...(released === undefined
      ? []
      : [event('invoke', 'release', released, {}), event('ok', 'release', released + 1, { outcome: 'released' })]),
    ...(lost === undefined
      ? []
      : [{ ...event('info', 'lost', lost, { reason: 'deadline' }), process: `worker-${process}` }]),
  ];
}

const touch = (time: number, who: object, more: object = {}, door = 'plain'): HistoryEvent => ({
  ...{ type: 'info', process: 'resource', f: 'touch', key: 'a', time: ms(time) },
  value: { ...who, door, ...more, accepted: true },
});

/** The first two operations are what breaks the invariant; those after it are not named. */
function charged(...events: HistoryEvent[]): readonly Finding[] {
  const header = { clients: 4, workers: 4 };
  const inOrder = events.toSorted((one, other) => (one.time ?? 0) - (other.time ?? 0));
  const history = lockHistoryOf(historyOf(inOrder, { holdfast: 'history', version: 1, ...header }), true);
  const { findings } = checkInvariant(history, (operations) => {
    const named = operations.filter(({ values }) => values['named'] !== false);
    return named.length < 2 ? [] : [{ invariant: 'touched once', summary: 'touched twice', operations: named }];
  });
  return findings;
}
const kinds = (...events: HistoryEvent[]): unknown[] =>
  charged(...events).map(({ kind, cause, property }) => [kind, cause, property]);

const A = { lease: 'A' };
const B = { lease: 'B' };
const held = { lease: 'A', process: 0, from: 10, until: 110 };
const then = { lease: 'B', process: 1, from: 50, until: 150, released: 80 };

test('the lock is charged when two leases that were believed in at once carried what was done, each in time', () => {
  assert.deepEqual(kinds(...leased(held), ...leased(then), touch(20, A), touch(60, B)), [
    ['violation', undefined, 'invariant'],
  ]);
});

test('two leases of different locks may overlap: the application is charged', () => {
  const other = leased({ ...then, key: 'b' });
  const [finding] = charged(...leased({ ...held, released: 90 }), ...other, touch(20, A), touch(60, B));
  assert.equal(finding?.kind, 'application');
  assert.match(finding.summary, /touched twice: .*the lock kept its word/);
});

test('the application is charged when everything was in time and apart', () => {
  const first = leased({ ...held, released: 40 });
  assert.deepEqual(kinds(...first, ...leased(then), touch(20, A), touch(60, B)), [
    ['application', undefined, 'invariant'],
  ]);
  assert.deepEqual(kinds(...first, touch(20, A), touch(60, { client: 3 })), [['application', undefined, 'invariant']]);
});

test('an operation after its lease is an overrun where a pause shows why', () => {
  const pause = (phase: string, time: number): HistoryEvent => ({
    ...{ type: 'info', process: 'nemesis', f: 'client-pause', time: ms(time) },
    value: { fault: 'f1', phase, target: { worker: 0 } },
  });
  const late = leased({ ...held, until: 40 });
  const faults = [pause('start', 30), pause('end', 69)];
  assert.deepEqual(kinds(...late, ...leased(then), ...faults, touch(60, B), touch(70, A)), [
    ['overrun', 'pause', 'invariant'],
  ]);
});

test('an operation after its lease is inconclusive where nothing shows why, and an overrun where its user just stayed', () => {
  const let_ = leased({ ...held, until: 40, lost: 41 });
  assert.deepEqual(kinds(...let_, ...leased(then), touch(60, B), touch(70, A)), [
    ['inconclusive', undefined, 'invariant'],
  ]);
  const stayed = leased({ ...held, until: 40 });
  assert.deepEqual(kinds(...stayed, ...leased(then), touch(60, B), touch(70, A)), [
    ['overrun', 'overstay', 'invariant'],
  ]);
});

test('an operation that was asked for after the loss had been told is charged to the application', () => {
  const told = leased({ ...held, until: 40, lost: 41 });
  assert.deepEqual(kinds(...told, ...leased(then), touch(60, B), touch(70, A, { lost: true })), [
    ['application', undefined, 'invariant'],
  ]);
});

test('nobody is charged when something that the finding does not name came late or overlapped before', () => {
  const apart = [...leased({ ...held, released: 40 }), ...leased(then), touch(20, A), touch(60, B)];
  const late = leased({ lease: 'C', process: 2, from: 1, until: 5, released: 58 });
  const unnamed = touch(56, { lease: 'C' }, { named: false });
  assert.deepEqual(kinds(...apart, ...late, unnamed), [['inconclusive', undefined, 'invariant']]);
  const beside = leased({ lease: 'C', process: 2, from: 55, until: 155, released: 90 });
  assert.deepEqual(kinds(...apart, ...beside, unnamed), [['inconclusive', undefined, 'invariant']]);
});

test('an operation that nobody was granted a lease for is inconclusive', () => {
  assert.deepEqual(kinds(...leased(held), touch(20, A), touch(60, { lease: 'Z' })), [
    ['inconclusive', undefined, 'invariant'],
  ]);
});

test('behind the fenced door the order of the tokens of one lock is judged, and nothing else', () => {
  const leases = [...leased({ ...held, released: 40 }), ...leased(then)];
  const fenced = (time: number, lease: string, fence: string): HistoryEvent =>
    touch(time, { lease, fence }, { named: false }, 'fenced');
  assert.deepEqual(kinds(...leases, fenced(20, 'A', '1'), fenced(60, 'B', '2')), []);
  assert.deepEqual(kinds(...leases, fenced(20, 'A', '9'), fenced(60, 'B', '8')), [['violation', undefined, 'fencing']]);
  const another = leased({ ...then, lease: 'B', key: 'b' });
  assert.deepEqual(kinds(...leased(held), ...another, fenced(20, 'A', '9'), fenced(60, 'B', '8')), []);
});
