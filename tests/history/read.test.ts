import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import * as fc from 'fast-check';
import { checkFile } from '../../harness/check/check.ts';
import { HistoryError } from '../../harness/history/errors.ts';
import type { HistoryEvent } from '../../harness/history/events.ts';
import { clientOf, NO_HEADER, workerOf } from '../../harness/history/header.ts';
import type { HistorySink, Observation, Operation } from '../../harness/history/pairing.ts';
import { forEachLine, readLineAt } from '../../harness/history/lines.ts';
import { feedHistory, historyOf, loadHistory, readHeader, streamHistory } from '../../harness/history/read.ts';

const HEADER = '{"holdfast":"history","version":1,"run":"r","model":"lock"}';
const INVOKE = '{"type":"invoke","process":0,"f":"acquire","value":{"lease":"L"},"time":1}';
const OK = '{"type":"ok","process":0,"f":"acquire","value":{"lease":"L"},"time":2}';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-history-'));
});
after(() => rmSync(folder, { recursive: true }));

function file(...lines: readonly string[]): string {
  return raw(lines.map((line) => `${line}\n`).join(''));
}

function raw(text: string): string {
  const path = join(folder, 'history.ndjson');
  writeFileSync(path, text);
  return path;
}

class Collector implements HistorySink {
  readonly operations: Operation[] = [];
  readonly observations: Observation[] = [];
  operation(operation: Operation): void {
    this.operations.push(operation);
  }
  observation(observation: Observation): void {
    this.observations.push(observation);
  }
}

/** Operations in a form that does not depend on the order of lines. */
function summary({ operations }: Collector): string[] {
  return operations
    .map(({ process, f, called, returned, outcome, invoke }) =>
      JSON.stringify([process, f, called, returned, outcome, invoke.value]),
    )
    .toSorted();
}

async function stream(path: string): Promise<Collector> {
  return (await streamHistory(path, () => new Collector())).sink;
}

async function rejects(path: string, line: number, field: string, message: RegExp): Promise<void> {
  await assert.rejects(stream(path), (error) => {
    assert.ok(error instanceof HistoryError);
    assert.deepEqual([error.file, error.line, error.field], [path, line, field]);
    assert.match(error.message, message);
    return true;
  });
}

void suite('a history file', () => {
  void test('is a header and one event a line', async () => {
    const history = await loadHistory(file(HEADER, INVOKE, OK));
    assert.equal(history.header.run, 'r');
    assert.deepEqual(history.events, [JSON.parse(INVOKE), JSON.parse(OK)]);
    assert.deepEqual(history.warnings, []);
  });

  void test('may lack a header', async () => {
    const path = file(INVOKE, OK);
    assert.deepEqual((await loadHistory(path)).header, NO_HEADER);
    assert.deepEqual(await readHeader(path), NO_HEADER);
    assert.equal((await checkFile(path, 'lock')).verdict.valid, true);
  });

  void test('keeps unknown fields', async () => {
    const path = file(HEADER.replace('{', '{"flavour":"sweet",'), INVOKE.replace('{', '{"shade":"green",'));
    const { header, events } = await loadHistory(path);
    assert.partialDeepStrictEqual([header, events[0]], [{ flavour: 'sweet' }, { shade: 'green' }]);
  });

  void test('cut in its last line loads with a warning', async () => {
    const { events, warnings } = await loadHistory(raw(`${HEADER}\n${INVOKE}\n${OK.slice(0, 30)}`));
    assert.equal(events.length, 1);
    assert.deepEqual(warnings, ['line 3: cut short, left out']);
  });

  void test('needs no newline at its end', async () => {
    const { events, warnings } = await loadHistory(raw(`${INVOKE}\n${OK}`));
    assert.deepEqual([events.length, warnings.length], [2, 0]);
  });

  void test('may be empty', async () => {
    assert.deepEqual((await loadHistory(raw(''))).events, []);
    const { verdict } = await checkFile(raw(''), 'lock');
    assert.equal(verdict.valid, 'unknown');
  });

  void test('that is missing is named', async () => {
    const path = join(folder, 'missing.ndjson');
    await assert.rejects(stream(path), { name: 'HistoryError', message: `${path}: no such file` });
  });

  void test('is read whole when its lines and characters straddle the chunks of reading', async () => {
    const events = Array.from({ length: 30_000 }, (_, index) => ({
      type: 'invoke',
      process: index,
      f: 'x'.repeat(index % 97),
      value: 'é😀'.repeat(index % 13),
      time: index,
    }));
    const path = file(HEADER, ...events.map((event) => JSON.stringify(event)));
    assert.deepEqual((await loadHistory(path)).events, events);
    const { sink, info } = await streamHistory(path, () => new Collector());
    for (const { invoke, invokeRef } of sink.operations.filter((_, index) => index % 500 === 0)) {
      assert.deepEqual(info.eventAt(invokeRef), invoke, 'an event is found again by its ref');
    }
  });

  void test('may have an error in plain text', async () => {
    const [event] = (await loadHistory(file(HEADER, eventWith({ type: 'info', process: 'n', error: 'timeout' }))))
      .events;
    assert.deepEqual(event?.error, { code: 'timeout' });
  });

  void test('with a byte that is no UTF-8 is refused, and the byte and its line are named', async () => {
    const bytes = Buffer.from(`\uFEFF${HEADER}\n${INVOKE}\n${OK}\n`);
    const bad = bytes.indexOf('"f"', bytes.indexOf('\n')) + 1;
    bytes[bad] = 0xff;
    const path = raw('');
    writeFileSync(path, bytes);
    await rejects(path, 2, '', new RegExp(`not UTF-8: byte 0xff at offset ${bad} of the file`));
  });

  void test('with a line longer than the limit is refused, wherever its end is', async () => {
    for (const rest of [`${'x'.repeat(200)}\nx\n`, 'x'.repeat(3_000_000)]) {
      const read: number[] = [];
      await assert.rejects(
        forEachLine(raw(`${HEADER}\n${rest}`), (_text, line) => read.push(line), 100),
        { name: 'HistoryError', line: 2, message: /longer than 100 bytes/ },
      );
      assert.deepEqual(read, [1]);
    }
  });

  void test('with a first line longer than the limit is refused, whoever only asks what the history is of', () => {
    const path = raw('x'.repeat(20_000));
    assert.throws(() => readLineAt(path, 0, 10_000), {
      name: 'HistoryError',
      line: 1,
      message: /longer than 10000 bytes/,
    });
    assert.equal(readLineAt(path, 0).length, 20_000);
  });

  void test('may have a line longer than a chunk of reading', async () => {
    const long = JSON.stringify({ type: 'invoke', process: 0, f: 'write', value: 'ü'.repeat(1_500_000), time: 0 });
    assert.deepEqual((await loadHistory(file(HEADER, long, OK))).events[0], JSON.parse(long));
  });
});

const eventWith = (change: object): string => JSON.stringify({ ...JSON.parse(INVOKE), ...change });

void suite('a malformed history names line and field', () => {
  const cases: readonly (readonly [what: string, line: string, field: string, message: RegExp])[] = [
    ['a line that is not JSON', '{"type":', '', /not JSON/],
    ['an empty line', '', '', /not JSON/],
    ['a line that is no object', '[1]', '', /expected a JSON object/],
    ['an unknown type', eventWith({ type: 'done' }), 'type', /"invoke", "ok", "fail" or "info", got "done"/],
    ['a missing type', eventWith({ type: undefined }), 'type', /got nothing/],
    ['a negative process', eventWith({ process: -1 }), 'process', /an integer of at least 0/],
    ['a fractional process', eventWith({ process: 1.5 }), 'process', /an integer of at least 0/],
    ['a missing process', eventWith({ process: undefined }), 'process', /got nothing/],
    [
      'an observer that invokes',
      eventWith({ process: 'worker-1' }),
      'type',
      /"info" \(process "worker-1" is an observer\)/,
    ],
    ['a missing f', eventWith({ f: undefined }), 'f', /a string/],
    ['a fractional time', eventWith({ time: 1.5 }), 'time', /integer from 0 to 2\^53/],
    ['a negative time', eventWith({ time: -1 }), 'time', /integer from 0 to 2\^53/],
    ['a time beyond 2^53', eventWith({ time: 2 ** 53 }), 'time', /integer from 0 to 2\^53/],
    ['a missing time beside others that have one', eventWith({ time: undefined }), 'time', /missing here/],
    ['a key that is no string', eventWith({ key: 7 }), 'key', /a string, got 7/],
    ['an index that is no integer', eventWith({ index: 'x' }), 'index', /an integer/],
    ['an error beside an invoke', eventWith({ error: { code: 'X' } }), 'error', /beside "fail" and "info" only/],
    [
      'an error without a code',
      eventWith({ type: 'fail', error: 7 }),
      'error',
      /a text, or an object with a string "code"/,
    ],
    ['a second header', HEADER, 'type', /got nothing/],
  ];
  for (const [what, line, field, message] of cases) {
    void test(what, () => rejects(file(HEADER, eventWith({ process: 9 }), line), 3, field, message));
  }

  void test('a header of a newer version', () =>
    rejects(file(HEADER.replace('1', '2')), 1, 'version', /newer than this program/));
  void test('a header with a wrong field', () =>
    rejects(file(HEADER.replace('1,', '1,"clients":0,')), 1, 'clients', /./));
  void test('a second invoke while one is open', () =>
    rejects(file(HEADER, INVOKE, INVOKE), 3, 'process', /invokes acquire, but the acquire that it invoked in line 2/));
  void test('a completion with none open', () => rejects(file(HEADER, OK), 2, 'process', /has nothing open/));
  void test('a completion of something else', () =>
    rejects(file(HEADER, INVOKE, OK.replace('acquire', 'release')), 3, 'f', /line 2/));
  void test('a completion under another key', () =>
    rejects(file(HEADER, INVOKE, OK.replace('{', '{"key":"b",')), 3, 'key', /line 2/));
  void test('time where the events before had an index only', () =>
    rejects(file(INVOKE.replace('"time"', '"index"'), OK), 2, 'time', /missing in the events before/));
  void test('neither time nor index', () => rejects(file(INVOKE.replace(',"time":1', '')), 1, 'time', /no index/));
});

const bad = async (line: number, field: string, ...lines: readonly string[]): Promise<void> => {
  await assert.rejects(checkFile(file(HEADER, ...lines), 'lock'), { name: 'HistoryError', line, field });
};
const observed = (f: string, value: object): string =>
  JSON.stringify({ type: 'info', process: 'worker-0', f, value, time: 3 });

void suite('the events of a lock', () => {
  void test('an acquire needs a lease', () =>
    bad(2, 'value.lease', INVOKE.replace('"lease":"L"', ''), OK.replace('"lease":"L"', '')));
  void test('a lease id is used once', () =>
    bad(4, 'value.lease', INVOKE, OK, INVOKE.replace('"time":1', '"time":3'), OK.replace('"time":2', '"time":4')));
  void test('a fence is decimal', () => bad(3, 'value.fence', INVOKE, OK.replace('"L"', '"L","fence":"0x1"')));
  void test('a deadline is a number', () => bad(3, 'value.deadline', INVOKE, OK.replace('"L"', '"L","deadline":"1"')));
  void test('a mode is exclusive or shared', () =>
    bad(2, 'value.mode', INVOKE.replace('"L"', '"L","mode":"both"'), OK));
  void test('an answer is about the lease that was asked for', () =>
    bad(3, 'value.lease', INVOKE, OK.replace('"L"', '"M"')));
  void test('a release has the key of its acquire', () =>
    bad(
      4,
      'key',
      INVOKE,
      OK,
      INVOKE.replace('acquire', 'release').replace('"f"', '"key":"b","f"').replace('"time":1', '"time":3'),
    ));
  void test('a renewal has a deadline', () => bad(4, 'value.deadline', INVOKE, OK, observed('renew', { lease: 'L' })));
  void test('a semaphore has permits', async () => {
    await assert.rejects(checkFile(file(HEADER, INVOKE, OK), 'semaphore'), {
      name: 'HistoryError',
      line: 1,
      field: 'permits',
    });
  });
  void test('an unknown f means nothing to a checker that does not know it', async () => {
    const path = file(
      HEADER,
      INVOKE,
      OK,
      observed('sneeze', {}),
      INVOKE.replace('acquire', 'ponder').replace('"time":1', '"time":3'),
    );
    assert.equal((await checkFile(path, 'lock')).verdict.operations, 1);
  });
});

void suite('operations', () => {
  void test('without a completion are open for ever', async () => {
    const { operations } = await stream(file(HEADER, INVOKE));
    assert.partialDeepStrictEqual(operations, [{ outcome: 'info', called: 1, returned: Infinity }]);
  });

  void test('are ordered by index where no event has a time', async () => {
    const { sink, info } = await streamHistory(
      file(INVOKE.replace('time', 'index'), OK.replace('time', 'index')),
      () => new Collector(),
    );
    assert.equal(info.clock, 'index');
    assert.partialDeepStrictEqual(sink.operations, [{ called: 1, returned: 2 }]);
  });

  void test('missing keys are one key', () => {
    const collector = new Collector();
    feedHistory(
      historyOf([
        { type: 'invoke', process: 0, f: 'x', time: 0 },
        { type: 'info', process: 'n', f: 'y', time: 0 },
      ]),
      collector,
    );
    assert.deepEqual([collector.operations[0]?.key, collector.observations[0]?.key], ['', '']);
  });

  const call = fc.record({
    process: fc.nat(3),
    f: fc.constantFrom('a', 'b'),
    wait: fc.nat(2),
    length: fc.nat(2),
    completes: fc.nat(5).map((n) => n > 0),
  });
  const tape = fc.array(call, { maxLength: 20 }).map((calls) => {
    const free = new Map<number, number>();
    return calls.flatMap(({ process, f, wait, length, completes }, id): HistoryEvent[] => {
      const start = (free.get(process) ?? 0) + wait;
      if (!Number.isFinite(start)) return [];
      free.set(process, completes ? start + length : Infinity);
      const invoke: HistoryEvent = { type: 'invoke', process, f, value: { lease: `L${id}` }, time: start };
      return completes ? [invoke, { ...invoke, type: 'ok', time: start + length }] : [invoke];
    });
  });

  void test('do not depend on the order of lines, also when events are of equal time', async () => {
    const shuffled = tape.chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([events, anyOrder]) => {
        const expected = new Collector();
        feedHistory(historyOf(events), expected);
        assert.equal(expected.operations.length, events.filter(({ type }) => type === 'invoke').length);
        const collected = new Collector();
        feedHistory(historyOf(anyOrder), collected);
        assert.deepEqual(summary(collected), summary(expected));
        assert.deepEqual(
          summary(await stream(file(HEADER, ...anyOrder.map((event) => JSON.stringify(event))))),
          summary(expected),
        );
      }),
      { numRuns: 300 },
    );
  });
});

void suite('processes', () => {
  void test('a client goes on as process + clients, and belongs to the worker of its number', () => {
    const header = { ...NO_HEADER, clients: 6, workers: 4 };
    assert.deepEqual(
      [5, 11, 17].map((process) => clientOf(header, process)),
      [5, 5, 5],
    );
    assert.deepEqual(
      [5, 11, 3].map((process) => workerOf(header, process)),
      [1, 1, 3],
    );
    assert.deepEqual(
      ['worker-2', 'nemesis'].map((process) => workerOf(header, process)),
      [2, undefined],
    );
  });

  void test('without clients and workers in the header each process is its own', () => {
    assert.deepEqual([clientOf(NO_HEADER, 7), workerOf(NO_HEADER, 7)], [7, 7]);
  });
});
