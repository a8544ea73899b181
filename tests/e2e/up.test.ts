import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Sandbox, until } from './program.ts';

const UP = ['up', '--backends', 'redis', '--backend', 'native', '--copies', '1', '--json'];
const VERIFY = ['verify', '--impl', 'redis-basic', '--workers', '2', '--json', '--out', 'runs'];

interface Kept {
  readonly kept: readonly { readonly topology: string; readonly nodes: readonly { readonly upstream: string }[] }[];
}

describe('up and down', () => {
  it('keep servers for runs, which borrow them, break them, and find them whole again', async () => {
    await using sandbox = new Sandbox();
    const env = { XDG_RUNTIME_DIR: sandbox.temp };
    const started = await sandbox.run(UP, { env });
    assert.equal(started.code, 0, started.stderr);
    const { kept } = JSON.parse(started.stdout) as Kept;
    assert.deepEqual(kept.map(({ topology, nodes }) => `${topology}: ${nodes.length}`).toSorted(), [
      '5 independent nodes: 5',
      'cluster: 6',
      'sentinel: 6',
      'single: 1',
    ]);
    const servers = (): number => sandbox.processes().filter(({ command }) => /redis-server/.test(command)).length;
    assert.equal(servers(), 18);

    const first = await sandbox.run([...VERIFY, '--hazard', 'server-crash', '--runs', '1', '--seed', '1'], { env });
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /keeps them running/);

    // Killed in the middle of a fault: what it has borrowed is healed.
    const killed = sandbox.start([...VERIFY, '--hazard', 'server-pause', '--runs', '50', '--seed', '1'], { env });
    const paused = (): boolean =>
      sandbox.processes().some(({ state, command }) => state === 'T' && /redis/.test(command));
    await until(paused, () => 'no server was ever paused');
    killed.signal('SIGKILL');
    await killed.ended;
    await until(
      () => !paused() && servers() === 18,
      () => 'the servers are not whole again',
    );
    const last = await sandbox.run([...VERIFY, '--hazard', 'none', '--runs', '1', '--seed', '1'], { env });
    assert.equal(last.code, 0, last.stderr);

    const ended = await sandbox.run(['down'], { env });
    assert.equal(ended.code, 0, ended.stderr);
    await sandbox.untilNothingLeft();
  });

  it('say so when nothing is up, and refuse to start twice', async () => {
    await using sandbox = new Sandbox();
    const env = { XDG_RUNTIME_DIR: join(sandbox.temp) };
    assert.match((await sandbox.run(['down'], { env })).stdout, /Nothing is up/);
    assert.equal((await sandbox.run(['up', '--backends', 'nosql'], { env })).code, 2);
    assert.equal((await sandbox.run(UP, { env })).code, 0);
    const again = await sandbox.run(UP, { env });
    assert.equal(again.code, 2);
    assert.match(again.stderr, /up already/);
    assert.equal((await sandbox.run(['down'], { env })).code, 0);
    await sandbox.untilNothingLeft();
  });
});
