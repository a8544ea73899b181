import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TimedEvent } from '../../harness/history/events.ts';
import { gather } from '../../harness/load/gather.ts';
import { Meter, type Stretch } from '../../harness/load/meter.ts';

const MS = 1e6;
const stretch: Stretch = { fromNs: 100 * MS, toNs: 200 * MS, binNs: 50 * MS, ask: 'acquire', clients: 10 };

const asked = (process: number, lease: string, atMs: number, intendedMs?: number): TimedEvent => {
  const value = { lease, ...(intendedMs === undefined ? {} : { intended: intendedMs * MS }) };
  return { type: 'invoke', process, f: 'acquire', key: 'k', value, time: atMs * MS };
};
const granted = (process: number, lease: string, atMs: number): TimedEvent => ({
  ...{ type: 'ok', process, f: 'acquire', key: 'k', value: { lease }, time: atMs * MS },
});
const refused = (process: number, lease: string, atMs: number, code: string): TimedEvent => ({
  ...{ type: 'fail', process, f: 'acquire', key: 'k', value: { lease }, error: { code }, time: atMs * MS },
});
const letGo = (
  process: number,
  lease: string,
  atMs: number,
  answeredMs: number,
  outcome = 'released',
): TimedEvent[] => [
  { type: 'invoke', process, f: 'release', key: 'k', value: { lease }, time: atMs * MS },
  { type: 'ok', process, f: 'release', key: 'k', value: { lease, outcome }, time: answeredMs * MS },
];

function metered(events: readonly TimedEvent[], of: Partial<Stretch> = {}): Meter {
  const meter = new Meter({ ...stretch, ...of });
  for (const event of events.toSorted((a, b) => a.time - b.time)) meter.add(event);
  return meter;
}
const counts = ({ histograms }: Meter) =>
  Object.fromEntries(Object.entries(histograms).map(([name, { totalCount }]) => [name, totalCount]));

test('in a closed loop each operation counts that ends in the measured stretch', () => {
  const meter = metered([
    ...[asked(0, 'a', 80), granted(0, 'a', 90), ...letGo(0, 'a', 95, 105)],
    ...[asked(0, 'b', 110), granted(0, 'b', 130), ...letGo(0, 'b', 150, 160)],
    ...[asked(1, 'c', 140), granted(1, 'c', 155), ...letGo(1, 'c', 199, 201)],
  ]);
  assert.deepEqual(counts(meter), { acquire: 2, hold: 2, release: 2, handover: 1, try: 0, renew: 0 });
  assert.equal(meter.cycles, 2);
  assert.deepEqual(
    meter.bins.map(({ cycles }) => cycles),
    [1, 1],
  );
  assert.equal(Math.round(meter.histograms.handover.maxValue / 1000), 5, 'from the call of release to the next grant');
});

test('in an open loop a wait counts from when it was meant to begin, and where that was in the measured stretch', () => {
  const meter = metered([
    ...[asked(0, 'a', 120, 90), granted(0, 'a', 130), ...letGo(0, 'a', 131, 132)],
    ...[asked(1, 'b', 195, 150), granted(1, 'b', 350), ...letGo(1, 'b', 351, 352)],
  ]);
  assert.equal(meter.begun, 1);
  assert.equal(meter.histograms.acquire.totalCount, 1);
  assert.equal(Math.round(meter.histograms.acquire.maxValue / 1000), 200);
  assert.equal(meter.cycles, 1, 'what was done in the stretch, whenever it was meant to be');
});

test('errors are told by operation and kind; "busy" is an answer', () => {
  const meter = metered(
    [
      ...[asked(0, 'a', 110), refused(0, 'a', 120, 'LOCK_TIMEOUT')],
      ...[asked(0, 'b', 130), refused(0, 'b', 131, 'BUSY')],
      ...[asked(0, 'c', 140), granted(0, 'c', 141), ...letGo(0, 'c', 150, 160, 'lost')],
    ],
    { ask: 'try' },
  );
  assert.deepEqual(
    [...meter.errors],
    [
      ['try LOCK_TIMEOUT', 1],
      ['release lost', 1],
    ],
  );
  assert.equal(meter.busy, 1);
  assert.equal(meter.histograms.try.totalCount, 2);
  assert.equal(meter.cycles, 0);
});

test('the first grant after a fault has healed is found', () => {
  const fault = (phase: string, atMs: number): TimedEvent => ({
    ...{ type: 'info', process: 'nemesis', f: 'server-pause', time: atMs * MS },
    value: { fault: 'f1', phase, target: { node: 0 } },
  });
  const meter = metered([
    ...[fault('start', 120), fault('end', 150), fault('healed', 150)],
    ...[asked(0, 'a', 110), granted(0, 'a', 153), ...letGo(0, 'a', 154, 155)],
  ]);
  assert.equal((meter.faults[0]?.grantNs ?? 0) / MS, 153);
});

test('files of several processes become one history in order of time; a torn line is left out', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-gather-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const line = (time: number): string => JSON.stringify({ type: 'info', process: 'worker-0', f: 'stall', time });
  const files = [
    file('a', `${line(1)}\n${line(5)}\n{"type":"in`),
    file('b', `${line(2)}\n${line(3)}\n`),
    ...[file('c', ''), join(folder, 'missing')],
  ];
  const seen: number[] = [];
  await gather(files, { holdfast: 'history', version: 1 }, join(folder, 'all'), ({ time }) => seen.push(time));
  assert.deepEqual(seen, [1, 2, 3, 5]);
  const written = readFileSync(join(folder, 'all'), 'utf8').trimEnd().split('\n');
  assert.deepEqual(written, ['{"holdfast":"history","version":1}', ...[1, 2, 3, 5].map(line)]);
});
