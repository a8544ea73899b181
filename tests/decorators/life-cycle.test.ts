import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LifeCycleLock } from '../../implementations/decorators/life-cycle/index.ts';
import { LifeCycle } from '../../implementations/decorators/life-cycle/life-cycle.ts';
import { LeaseLock } from '../../implementations/lease/lease-lock.ts';
import { LockBackendError, LockTimeoutError } from '../../implementations/lock.ts';
import { ScriptedBackend } from '../implementations/lease/scripted-backend.ts';
import { VirtualClock } from '../implementations/lease/virtual-time.ts';
import { InnerLock } from './inner-lock.ts';

function stage(...script: (Error | 'busy')[]): { lock: LifeCycleLock; told: string[] } {
  const told: string[] = [];
  const lock = new LifeCycleLock(new InnerLock(...script), { onTransition: ({ to }) => told.push(to) });
  return { lock, told };
}

const LIFE = ['acquiring', 'locked', 'releasing', 'unlocked'];

describe('the life cycle of a lease', () => {
  it('goes from acquiring to unlocked', async () => {
    const { lock, told } = stage();
    const lease = await lock.acquire('a');
    assert.equal(lease.state, 'locked');
    const released = lease.release();
    assert.equal(lease.state, 'releasing');
    assert.equal(await released, 'released');
    assert.equal(lease.state, 'unlocked');
    assert.deepEqual(told, LIFE);
    assert.equal(await lease.release(), 'released');
    assert.deepEqual(told, LIFE);
  });

  it('ends by "await using" and "using", too', async () => {
    const { lock, told } = stage();
    {
      await using lease = await lock.acquire('a');
      assert.equal(lease.state, 'locked');
    }
    await lock.using('a', {}, async ({ state }) => assert.equal(state, 'locked'));
    assert.deepEqual(told, [...LIFE, ...LIFE]);
  });

  it('tells busy and a wait in vain from trouble', async () => {
    const { lock, told } = stage('busy', new LockTimeoutError('', 'definite'), new LockBackendError('', 'definite'));
    assert.equal(await lock.tryAcquire('a'), null);
    await assert.rejects(lock.acquire('a'));
    await assert.rejects(lock.acquire('a'));
    const inVain = ['acquiring', 'timeout', 'unlocked'];
    assert.deepEqual(told, [...inVain, ...inVain, 'acquiring', 'error', 'unlocked']);
  });

  it('has every transition checked', () => {
    const life = new LifeCycle('a', () => undefined);
    assert.throws(() => life.go('locked'), { name: 'IllegalTransitionError', message: 'a: unlocked → locked' });
  });
});

describe('the life cycle of a lease that is renewed', () => {
  async function held(): Promise<{
    lease: Awaited<ReturnType<LifeCycleLock['acquire']>>;
    backend: ScriptedBackend;
    clock: VirtualClock;
    told: string[];
  }> {
    const backend = new ScriptedBackend();
    const clock = new VirtualClock();
    const told: string[] = [];
    const inner = new LeaseLock(backend, { clock, leaseMs: 1000, renew: false });
    const lock = new LifeCycleLock(inner, { onTransition: ({ to }) => told.push(to) });
    const acquired = lock.acquire('a');
    (await backend.attempts.next()).answer({ kind: 'granted' });
    const lease = await acquired;
    told.length = 0;
    return { lease, backend, clock, told };
  }

  it('is locked again afterwards', async () => {
    const { lease, backend, told } = await held();
    const renewed = lease.renew();
    const command = await backend.extensions.next();
    assert.equal(lease.state, 'renewing');
    command.answer('extended');
    await renewed;
    assert.equal(lease.state, 'locked');
    assert.deepEqual(told, ['renewing', 'locked']);
  });

  it('is over when it is found to be another’s, by error', async () => {
    const { lease, backend, told } = await held();
    const renewed = assert.rejects(lease.renew(), { code: 'LEASE_LOST' });
    (await backend.extensions.next()).answer('lost');
    await renewed;
    assert.deepEqual(told, ['renewing', 'error', 'unlocked']);
  });

  it('is over at its deadline, also in a process that was stopped and whose timers come later', async () => {
    const { lease, clock, told } = await held();
    clock.pause(2000);
    assert.equal(lease.state, 'unlocked');
    assert.deepEqual(told, ['timeout', 'unlocked']);
    await clock.advance(1);
    assert.deepEqual(told, ['timeout', 'unlocked']);
  });

  it('may be released in the middle of it', async () => {
    const { lease, backend, told } = await held();
    const renewed = lease.renew().catch(() => undefined);
    const command = await backend.extensions.next();
    const released = lease.release();
    command.answer('extended');
    (await backend.releases.next()).answer('released');
    await renewed;
    assert.equal(await released, 'released');
    assert.deepEqual(told, ['renewing', 'releasing', 'unlocked']);
  });
});
