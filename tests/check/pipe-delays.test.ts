/** A lock in another process: however long the pipe delays what it says, nobody believes for longer, nor when it had not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { beliefOf } from '../../harness/check/belief.ts';
import { lockHistoryOf } from '../../harness/check/lock-history.ts';
import type { HistoryEvent } from '../../harness/history/events.ts';
import { historyOf } from '../../harness/history/read.ts';
import { draws } from '../effort.ts';

const MS = 1e6;
const ms = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });

/** What the lock says of one lease by its own stamps, and when its user lets go; all in milliseconds. */
const told = fc.record({
  asked: fc.integer({ min: 1000, max: 2000 }),
  took: ms(900),
  lease: fc.integer({ min: 1, max: 800 }),
  names: fc.constantFrom('moment', 'length', 'nothing'),
  lostAfter: fc.option(ms(1000), { nil: undefined }),
  releasedAfter: fc.option(ms(1500), { nil: undefined }),
});
/** Of the request, and of the answer. The news of a loss is recorded by its stamp, whenever it comes. */
const pipe = fc.record({ there: ms(900), back: ms(900) });

type Told = typeof told extends fc.Arbitrary<infer T> ? T : never;
type Pipe = typeof pipe extends fc.Arbitrary<infer T> ? T : never;

function believed(lease: Told, { there, back }: Pipe, notBefore: number): { start: number; end: number } | undefined {
  const answered = lease.asked + lease.took;
  const deadline = { moment: (lease.asked + lease.lease) * MS, length: 'documented', nothing: undefined }[lease.names];
  const value = { lease: 'A', leaseMs: lease.lease, ...(deadline === undefined ? {} : { deadline }) };
  const events: HistoryEvent[] = [
    { type: 'invoke', process: 0, f: 'acquire', key: 'a', value: { lease: 'A' }, time: (lease.asked - there) * MS },
    {
      ...{ type: 'ok', process: 0, f: 'acquire', key: 'a', time: (answered + back) * MS },
      value: { ...value, t: [lease.asked * MS, answered * MS] },
    },
  ];
  if (lease.lostAfter !== undefined)
    events.push({
      ...{ type: 'info', process: 'worker-0', f: 'lost', key: 'a', value: { lease: 'A', reason: 'mismatch' } },
      time: (answered + lease.lostAfter) * MS,
    });
  // Nobody lets go of what they have not heard of.
  if (lease.releasedAfter !== undefined) {
    const time = Math.max(answered + lease.releasedAfter, notBefore) * MS;
    events.push({ type: 'invoke', process: 0, f: 'release', key: 'a', value: { lease: 'A' }, time });
  }
  const { byKey, faults } = lockHistoryOf(
    historyOf(events, { holdfast: 'history', version: 1, clients: 1, workers: 1 }),
  );
  const [only] = [...byKey.values()].flat();
  assert.ok(only !== undefined);
  const belief = beliefOf(only, faults);
  return belief.kind === 'held' ? belief : undefined;
}

void test('a belief by way of a pipe lies within that of a user to whom the lock speaks directly', () => {
  fc.assert(
    fc.property(told, pipe, (lease, delays) => {
      const heard = lease.asked + lease.took + delays.back;
      const direct = believed(lease, { there: 0, back: 0 }, heard);
      const piped = believed(lease, delays, heard);
      if (piped === undefined) return;
      assert.ok(
        direct !== undefined && piped.start >= direct.start && piped.end <= direct.end,
        JSON.stringify({ direct, piped }),
      );
    }),
    draws(2000),
  );
});
