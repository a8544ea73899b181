import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { ROOT, Sandbox, type Ended } from './program.ts';

interface Output {
  readonly conformance: readonly {
    readonly lock: string;
    readonly cases: readonly { readonly name: string; readonly outcome: string; readonly detail?: string }[];
  }[];
}

async function run(...args: string[]): Promise<Ended> {
  await using sandbox = new Sandbox();
  return await sandbox.start(['conformance', ...args]).ended;
}

async function conformance(...args: string[]): Promise<{ code: number; cases: Map<string, string> }> {
  const ended = await run(...args, '--backend', 'native', '--json');
  const { conformance: results } = JSON.parse(ended.stdout) as Output;
  return {
    code: ended.code,
    cases: new Map(results.flatMap(({ cases }) => cases.map((one) => [one.name, one.outcome]))),
  };
}

describe('conformance', () => {
  it('passes a reference lock, and lists what does not apply to it', async () => {
    const { code, cases } = await conformance('--impl', 'redis-basic');
    assert.equal(code, 0);
    assert.ok([...cases.values()].every((outcome) => outcome !== 'failed'));
    assert.equal(
      cases.get('fencing tokens rise strictly, over releases, expiry, loss of the key, and other holders'),
      'passed',
    );
    assert.equal(cases.get('sharing: shared leases overlap, an exclusive one overlaps nothing'), 'not applicable');
  });

  it('passes the example of a lock of one’s own', async () => {
    const { code, cases } = await conformance('--impl', join(ROOT, 'examples', 'my-lock.ts'));
    assert.equal(code, 0);
    assert.ok([...cases.values()].filter((outcome) => outcome === 'passed').length > 20);
  });

  it('fails a lock that excludes nobody', async () => {
    const { code, cases } = await conformance('--impl', 'none', '--case', 'one holder at a time');
    assert.equal(code, 1);
    assert.equal(cases.get('one holder at a time, and free again after its release'), 'failed');
  });

  it('fails a lock whose renewal takes back what it has lost', async () => {
    const { code } = await conformance('--impl', 'renew-recreates-key', '--case', 'taken away on the server');
    assert.equal(code, 1);
  });

  it('passes a lock whose releases never know whether they have ended the lease', async () => {
    const { cases } = await conformance('--impl', join(import.meta.dirname, 'fixtures/unsure-release.ts'));
    assert.deepEqual(
      [...cases].filter(([, outcome]) => outcome === 'failed'),
      [],
    );
  });

  it('ends, and charges only the lock, where one leaves timers and rejections behind when it is closed', async () => {
    const file = join(import.meta.dirname, 'fixtures/leaves-a-timer.ts');
    const asked = [
      '--impl',
      `${file},none`,
      '--case',
      'every acquisition has a token',
      '--backend',
      'native',
      '--json',
    ];
    const { code, stdout } = await run(...asked);
    assert.equal(code, 1);
    const failed = (JSON.parse(stdout) as Output).conformance.flatMap(({ lock, cases }) =>
      cases.filter(({ outcome }) => outcome === 'failed').map(({ name }) => `${lock}: ${name}`),
    );
    assert.deepEqual(failed, ['leaves-a-timer: no error was left to nobody']);
  });

  it('refuses the name of a case that does not exist', async () => {
    const ended = await run('--impl', 'redis-basic', '--case', 'no such thing');
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /no such thing/);
  });
});
