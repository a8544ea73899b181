/** Histories of other tools are judged as they are. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { checkFile } from '../../harness/check/check.ts';
import { HistoryError } from '../../harness/history/errors.ts';
import type { Model } from '../../harness/check/verdict.ts';
import { parseEdn } from '../../harness/history/edn.ts';

const FOREIGN = join(import.meta.dirname, 'foreign');
const STALE = join(FOREIGN, 'knossos-register-stale-read.edn');
const MUTEX = join(FOREIGN, 'jepsen-mutex.edn');
const TWICE = join(FOREIGN, 'jepsen-lock-granted-twice.json');

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-foreign-'));
});
after(() => rmSync(folder, { recursive: true }));

function withBytes(bytes: string | Uint8Array): string {
  const path = join(folder, 'history');
  writeFileSync(path, bytes);
  return path;
}

async function answer(path: string, model: Model) {
  const { verdict, ignored } = await checkFile(path, model);
  const { valid, operations } = verdict;
  return { valid, operations, ignored };
}

const refusal = (path: string, model: Model, message: RegExp): Promise<void> =>
  assert.rejects(checkFile(path, model), (error) => {
    assert.ok(error instanceof HistoryError, String(error));
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });

void suite('histories of other tools', () => {
  void test('a register as Knossos has it: one vector, without times', async () => {
    assert.deepEqual(await answer(STALE, 'register'), {
      ...{ valid: false, operations: 3 },
      ignored: { 'events of process "nemesis"': 1 },
    });
  });

  void test('a mutex of Jepsen: one map a line, with tags, and errors of any form', async () => {
    assert.deepEqual(await answer(MUTEX, 'mutex'), { valid: true, operations: 2, ignored: {} });
  });

  void test('a lock of Jepsen: each process releases what it acquired last', async () => {
    assert.deepEqual(await answer(MUTEX, 'lock'), {
      ...{ valid: true, operations: 3 },
      ignored: { 'releases by a process that held nothing': 1 },
    });
    assert.deepEqual(await answer(TWICE, 'lock'), {
      ...{ valid: false, operations: 4 },
      ignored: { 'events of process "nemesis"': 1, txn: 1 },
    });
  });

  void test('the same in any wrapping: compressed, as lines of JSON, with a byte order mark', async () => {
    const expected = await answer(TWICE, 'lock');
    const events: unknown[] = JSON.parse(readFileSync(TWICE, 'utf8'));
    const lines = events.map((event) => `${JSON.stringify(event)}\r\n`).join('');
    for (const bytes of [lines, `\uFEFF${lines}`, gzipSync(lines), gzipSync(readFileSync(TWICE))]) {
      assert.deepEqual(await answer(withBytes(bytes), 'lock'), expected);
    }
  });

  void test('what cannot be read is one line that says what can', async () => {
    await refusal(
      withBytes('0\t:invoke\t:read\tnil\n'),
      'register',
      /not JSON; give one event a line, one array, or EDN/,
    );
    await refusal(withBytes('[{"type":"invoke",'), 'register', /not JSON/);
    await refusal(withBytes('{:type :invoke, :process 0'), 'register', /line 1: not EDN: the text ends before the "}"/);
    await refusal(withBytes(gzipSync('{}').subarray(0, 12)), 'register', /not a whole gzip file/);
  });

  void test('what is nested without end is refused', async () => {
    const deep = (open: string, close: string): string => open.repeat(20_000) + close.repeat(20_000);
    const event = `{"type":"invoke","process":0,"f":"write","value":${deep('[', ']')},"time":0}\n`;
    for (const text of [
      event,
      `[${event}]`,
      `{:type :invoke :process 0 :f :write :value ${deep('[', ']')}}`,
      `${deep('{', '}')}\n`,
    ]) {
      await refusal(withBytes(text), 'register', /nested more than 256 levels deep|not JSON/);
    }
  });
});

void suite('EDN', () => {
  const values = (text: string): unknown[] => parseEdn(text).map(({ value }) => value);

  void test('is read into plain values', () => {
    assert.deepEqual(values('nil true [1, -2 +3 4N 1.5M 2e3] (a) :k/w "a\\n\\"b\\u00e9" \\a \\space \\u0041'), [
      ...[null, true, [1, -2, 3, 4, 1.5, 2000], ['a'], 'k/w', 'a\n"bé', 'a', ' ', 'A'],
    ]);
    assert.deepEqual(values('{:a {"b" #{3 1 2}} 7 #inst "2026"} ; the end\n#_ {:x y}'), [
      { a: { b: [1, 2, 3] }, 7: '2026' },
    ]);
    assert.deepEqual(Object.keys(values('{:__proto__ {:process 1}}')[0] ?? {}), ['__proto__']);
  });

  void test('that is malformed names its line', () => {
    for (const text of [']', '{:a}', '"a', '\\xyz', '#tag', '#_', '"\\q"', '[1 2']) {
      assert.throws(() => parseEdn(`1\n\n${text}`), { name: 'HistoryError', line: 3 }, text);
    }
  });
});
