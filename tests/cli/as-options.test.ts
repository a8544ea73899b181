import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError } from 'commander';
import { asOptions } from '../../harness/cli/as-options.ts';
import { jsonObject, lockSettingsOf } from '../../harness/cli/options.ts';

void test('fields that an error names are spelled as options', () => {
  assert.equal(asOptions('`mode` open needs `rate`'), '--mode open needs --rate');
  assert.equal(asOptions('`requireAll` and `proxy: false`: no'), '--require-all and --no-proxy: no');
  assert.equal(asOptions('a `b c` stays'), 'a `b c` stays');
});

void test('options of a lock are a JSON object, and anything else is refused with what is expected', () => {
  assert.deepEqual(jsonObject('{"retry":{"delayMs":50}}'), { retry: { delayMs: 50 } });
  for (const [text, message] of [
    ['{retry: 50}', /not JSON/],
    ['[1]', /expected a JSON object/],
    ['null', /expected a JSON object/],
  ] as const)
    assert.throws(
      () => jsonObject(text),
      (error) => error instanceof InvalidArgumentError && message.test(error.message),
    );
});

void test('lease and options stand in the configuration too, and the command line wins', () => {
  const config = { options: { spins: 3 }, leaseMs: 5000 };
  assert.deepEqual(lockSettingsOf({}, config), config);
  assert.deepEqual(lockSettingsOf({ options: {}, lease: 100 }, config), { options: {}, leaseMs: 100 });
});
