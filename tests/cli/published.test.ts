/** The names of published packages, as --impl takes them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { redact } from '../../harness/backends/address.ts';
import { hint } from '../../harness/commands/names.ts';
import { resolveLock } from '../../harness/commands/locks.ts';
import { findSubject, listedPublished, lockNames, splitVersion } from '../../harness/commands/published.ts';
import { mustBeTrusted } from '../../harness/commands/trust.ts';
import type { Plan } from '../../harness/plan/plan.ts';

void describe('the name of a published lock', () => {
  void test('may carry a version, and the @ of a scope begins none', () => {
    assert.deepEqual(splitVersion('npm:redlock@5.0.0-beta.2'), { name: 'npm:redlock', version: '5.0.0-beta.2' });
    assert.deepEqual(splitVersion('npm:@scope/lock@1.2'), { name: 'npm:@scope/lock', version: '1.2' });
    for (const name of ['npm:@scope/lock', 'maven:redisson#fair', 'redlock', './a@b.ts'])
      assert.deepEqual(splitVersion(name), { name, version: undefined });
  });

  void test('is listed once, with its language and its kind', () => {
    const listed = listedPublished();
    assert.equal(new Set(lockNames()).size, lockNames().length);
    const kinds = listed.map(({ name, language, kind }) => `${name} ${language} ${kind}`);
    assert.ok(kinds.includes('npm:redlock javascript module'));
    assert.ok(kinds.includes('pypi:redis python subject'));
  });

  void test('with the version that is installed is that lock, and tells of it', async () => {
    const { reference, library } = await resolveLock('npm:redlock@4.2.0');
    assert.deepEqual([reference, library?.version], ['npm:redlock', '4.2.0']);
  });

  void test('that is wrong is no path, and is told the nearest ones', async () => {
    await assert.rejects(resolveLock('pypi:rediss'), /no lock named "pypi:rediss"; did you mean "pypi:redis"\?$/);
    await assert.rejects(resolveLock('npm:@scope/none'), /no lock named "npm:@scope\/none"; there are: npm:redlock, /);
    await assert.rejects(resolveLock('npm:redlock@9'), /npm:redlock is installed as 4\.2\.0; "npm install redlock@9"/);
    await assert.rejects(resolveLock('pypi:redis@9'), /pypi:redis@9: its version is pinned .*leave "@9" out/);
    assert.equal(hint('a-three', ['a-one', 'a-three1', 'a-three2', 'b']), '; did you mean "a-three1" or "a-three2"?');
  });

  void test('with a version is no address with a password', () => {
    for (const name of ['pypi:redis@9', 'maven:redisson#fair@4.7.0']) assert.equal(redact(name), name);
  });

  void test('in a plan from anywhere names code of this package, which is trusted', () => {
    assert.notEqual(findSubject('pypi:redis'), undefined);
    mustBeTrusted({ lock: 'pypi:redis', scenario: 'shared-counter' } as Plan, 'plan.json', false);
  });
});
