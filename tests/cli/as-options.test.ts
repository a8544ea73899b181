import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asOptions } from '../../harness/cli/as-options.ts';

void test('fields that an error names are spelled as options', () => {
  assert.equal(asOptions('`mode` open needs `rate`'), '--mode open needs --rate');
  assert.equal(asOptions('`requireAll` and `proxy: false`: no'), '--require-all and --no-proxy: no');
  assert.equal(asOptions('a `b c` stays'), 'a `b c` stays');
});
