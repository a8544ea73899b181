import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Model } from '../../harness/check/verdict.ts';
import { check } from '../../harness/cli/check.ts';

const CASES = join(import.meta.dirname, 'cases');
const VALID = join(CASES, 'holds-touch.ndjson');
const INVALID = join(CASES, 'two-holds-overlap.ndjson');
const UNDECIDED = join(CASES, 'no-bound-in-the-header.ndjson');

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-check-'));
});
after(() => rmSync(folder, { recursive: true }));

function withText(text: string): string {
  const path = join(folder, 'history.ndjson');
  writeFileSync(path, text);
  return path;
}

async function run(files: readonly string[], model?: Model, json = true) {
  const out: string[] = [];
  const err: string[] = [];
  const options = { files, json, ...(model && { model }) };
  const code = await check(options, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out, err };
}

void test('with --json there is one object a file', async () => {
  const { code, out, err } = await run([VALID, INVALID], 'lock');
  assert.deepEqual([code, err], [1, []]);
  const [valid, invalid] = out.map((line): Record<string, unknown> => JSON.parse(line));
  assert.deepEqual(Object.keys(valid ?? {}), ['file', 'model', 'valid', 'operations', 'elapsedMs']);
  assert.partialDeepStrictEqual(valid, { file: VALID, model: 'lock', valid: true, operations: 4 });
  assert.partialDeepStrictEqual(invalid, { file: INVALID, valid: false });
  assert.match(
    JSON.stringify(invalid?.['witness']),
    /"summary":".*granted to worker 1 \(lease B\).*","events":\[\{"type":"invoke"/,
  );
});

void test('without --json a violation is told in words, with its events', async () => {
  const { code, out } = await run([INVALID], 'lock', false);
  assert.equal(code, 1);
  assert.match(out.join('\n'), /INVALID: 4 operations of model lock/);
  assert.match(out.join('\n'), /violation of exclusion: "a" was granted to worker 1 \(lease B\)/);
});

void test('exit codes: 0 all valid, 1 any invalid, else 4 any undecided, and 2 before all where a file cannot be read', async () => {
  const missing = join(folder, 'missing.ndjson');
  assert.equal((await run([VALID], 'lock')).code, 0);
  assert.equal((await run([UNDECIDED], 'liveness')).code, 4);
  assert.equal((await run([VALID, UNDECIDED], 'liveness')).code, 4);
  assert.equal((await run([missing, INVALID], 'lock')).code, 2);
});

void test('a file that cannot be read is one line on stderr, and the others are judged all the same', async () => {
  const malformed = withText('{"type":"ok","process":0,"f":"acquire","time":1}\n');
  const { code, out, err } = await run([malformed, VALID], 'lock');
  assert.deepEqual([code, out.length], [2, 1]);
  assert.deepEqual(err, [`${malformed}: line 1: process: process 0 completes acquire, but has nothing open`]);
});

void test('a last line cut short is a warning on stderr', async () => {
  const { code, err } = await run(
    [withText('{"type":"invoke","process":0,"f":"acquire","value":{"lease":"a"},"time":1}\n{"ty')],
    'lock',
  );
  assert.equal(code, 0);
  assert.match(err.join(), /warning: line 2: cut short/);
});

void test('the model on the command line wins over that of the header, and one of them is needed', async () => {
  const named = withText(
    '{"holdfast":"history","version":1,"model":"counter"}\n{"type":"invoke","process":0,"f":"increment","time":0}\n',
  );
  const models = async (model?: Model): Promise<unknown> =>
    JSON.parse((await run([named], model)).out[0] ?? '{}').model;
  assert.equal(await models(), 'counter');
  assert.equal(await models('register'), 'register');
  const unnamed = await run([VALID]);
  assert.equal(unnamed.code, 2);
  assert.match(unnamed.err.join(), /the header names no model: say --model, one of lock, /);
  const unknown = await run([withText('{"holdfast":"history","version":1,"model":"bakery"}\n')]);
  assert.match(unknown.err.join(), /line 1: model: "bakery" is unknown/);
});

void test('a number that a double does not hold is refused where it is compared, and the next file is judged', async () => {
  for (const value of ['9007199254740993', '1e999', '{"a":[-9007199254740993]}']) {
    const path = withText(
      `{"type":"invoke","process":0,"f":"write","value":${value},"time":0}\n{"type":"ok","process":0,"f":"write","time":1}\n`,
    );
    const { code, out, err } = await run([path, VALID], 'register');
    assert.deepEqual([code, out.length, err.length], [2, 1, 1]);
    assert.match(err.join(), /line 1: value: a number beyond 2\^53 - 1 is not read exactly/);
  }
});

void test('a file with a byte that is no UTF-8 does not keep the next from being judged', async () => {
  const path = withText('');
  writeFileSync(path, Buffer.from([0x7b, 0xff, 0x0a]));
  const { code, out, err } = await run([path, INVALID], 'lock');
  assert.deepEqual([code, out.length], [2, 1]);
  assert.deepEqual(err, [`${path}: line 1: not UTF-8: byte 0xff at offset 1 of the file`]);
});

void test('what was not looked at is told', async () => {
  const path = withText('{"type":"invoke","process":0,"f":"txn","time":0}\n');
  assert.match((await run([path], 'lock', false)).out.join('\n'), /not looked at: 1 txn/);
  assert.deepEqual(JSON.parse((await run([path], 'lock')).out[0] ?? '{}').ignored, { txn: 1 });
});
