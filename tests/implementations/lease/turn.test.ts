import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deadlineOf, driftMs } from '../../../implementations/lease/held-lease.ts';
import type { LeaseRequest } from '../../../implementations/lease/backend.ts';
import type { LeaseLockOptions } from '../../../implementations/lease/options.ts';
import { silenceMs } from '../../../implementations/lease/turn.ts';
import type { Handover, QueueAnswer, QueueBackend } from '../../../implementations/lease/turn.ts';
import { LockBackendError } from '../../../implementations/lock.ts';
import { RedisFairLock } from '../../../implementations/redis/fair.ts';
import { ScriptedBackend } from './scripted-backend.ts';
import { settle, VirtualClock } from './virtual-time.ts';

const LEASE_MS = 600;
const COMMAND_MS = 150;
const SILENCE_MS = silenceMs(LEASE_MS);
const QUEUED: QueueAnswer = { kind: 'queued', retryAfterMs: undefined };

interface Asked {
  readonly request: LeaseRequest;
  readonly n: number;
  readonly answer: (value: QueueAnswer) => void;
  readonly fail: (error: Error) => void;
}

/** A queue whose every answer, and every news of a grant, a test gives when it likes. */
class ScriptedQueue extends ScriptedBackend implements QueueBackend {
  readonly asked: Asked[] = [];
  readonly listeners = new Map<string, (handover: Handover) => void>();
  readonly deaf = new Map<string, () => void>();

  ask(request: LeaseRequest, n: number): Promise<QueueAnswer> {
    return new Promise((resolve, reject) => {
      this.asked.push({ request, n, answer: resolve, fail: reject });
    });
  }

  listen(token: string, handed: (handover: Handover) => void, deaf: () => void): () => void {
    this.listeners.set(token, handed);
    this.deaf.set(token, deaf);
    return () => this.listeners.delete(token);
  }

  /** The request at this place, counted over all stays. */
  async at(index: number): Promise<Asked> {
    await settle();
    const asked = this.asked[index];
    assert.ok(asked !== undefined, `request ${index} was not sent`);
    return asked;
  }

  tell(token: string, n: number): void {
    this.listeners.get(token)?.({ n, fencingToken: 7n });
  }
}

function queue(options: LeaseLockOptions = {}): { clock: VirtualClock; backend: ScriptedQueue; lock: RedisFairLock } {
  const clock = new VirtualClock();
  const backend = new ScriptedQueue();
  const settings = { leaseMs: LEASE_MS, timeoutMs: 5000, clock, random: () => 0, ...options };
  // The queue is the test's; the client is never used.
  return {
    clock,
    backend,
    lock: new RedisFairLock(settings as ConstructorParameters<typeof RedisFairLock>[0], backend),
  };
}

describe('waiting in a queue', () => {
  it('is granted by the answer or by the news, whichever comes first', async () => {
    const { backend, lock } = queue();
    const answered = lock.acquire('orders');
    (await backend.at(0)).answer({ kind: 'granted', n: 1, fencingToken: 3n });
    assert.equal((await answered).fencingToken, 3n);
    const told = lock.acquire('orders');
    const { request, answer } = await backend.at(1);
    backend.tell(request.token, 1);
    assert.equal((await told).token, request.token);
    answer({ kind: 'granted', n: 1, fencingToken: 7n });
    assert.equal(backend.listeners.size, 0, 'nobody listens any more');
  });

  it('says again and again that it is alive, under the same token', async () => {
    const { clock, backend, lock } = queue();
    const granted = lock.acquire('orders');
    const first = await backend.at(0);
    first.answer(QUEUED);
    await clock.advance(SILENCE_MS);
    const second = await backend.at(1);
    assert.deepEqual([second.request.token, second.n], [first.request.token, 2]);
    second.answer({ kind: 'granted', n: 2, fencingToken: 1n });
    await granted;
  });

  it('asks again at once when it may have been told while nobody could hear it', async () => {
    const { backend, lock } = queue();
    const granted = lock.acquire('orders');
    const { request, answer } = await backend.at(0);
    answer(QUEUED);
    await settle();
    backend.deaf.get(request.token)?.();
    const second = await backend.at(1);
    assert.deepEqual([second.request.token, second.n], [request.token, 2]);
    second.answer({ kind: 'granted', n: 2, fencingToken: 1n });
    await granted;
  });

  it('asks earlier if the lease of the holder ends earlier', async () => {
    const { clock, backend, lock } = queue();
    const granted = lock.acquire('orders');
    (await backend.at(0)).answer({ kind: 'queued', retryAfterMs: 30 });
    await clock.advance(31);
    (await backend.at(1)).answer({ kind: 'granted', n: 2, fencingToken: 1n });
    await granted;
  });

  it('counts the deadline from the request that the grant names, not from the latest one', async () => {
    const { clock, backend, lock } = queue();
    const sentAt = clock.now();
    const granted = lock.acquire('orders');
    const { request, answer } = await backend.at(0);
    answer(QUEUED);
    await clock.advance(SILENCE_MS);
    await backend.at(1);
    backend.tell(request.token, 1);
    assert.equal((await granted).expiresAt, deadlineOf(sentAt, LEASE_MS));
  });

  it('refuses a grant that was so long on its way that its key has expired, undoes it, and queues anew', async () => {
    // Replies 900 ms late, with a lease of 600 ms: counted from the latest request, this would be a second holder.
    const { clock, backend, lock } = queue();
    const granted = lock.acquire('orders');
    const { request } = await backend.at(0);
    await clock.advance(900);
    assert.ok(backend.asked.length >= 3, 'it has asked on without an answer');
    const before = backend.asked.length;
    backend.tell(request.token, 1);
    const undone = await backend.undos.next();
    assert.equal(undone.request.token, request.token);
    const anew = await backend.at(before);
    assert.equal(anew.n, 1);
    assert.notEqual(anew.request.token, request.token);
    anew.answer({ kind: 'granted', n: 1, fencingToken: 9n });
    assert.equal((await granted).token, anew.request.token);
  });

  it('takes a grant that leaves the least of its lease, and not one that leaves nothing', async () => {
    const least = queue();
    const granted = least.lock.acquire('orders');
    const { request } = await least.backend.at(0);
    await least.clock.advance(LEASE_MS - driftMs(LEASE_MS) - 1);
    least.backend.tell(request.token, 1);
    assert.equal((await granted).remainingMs(), 1);
  });

  it('queues anew under another token when it has been dropped', async () => {
    const { clock, backend, lock } = queue();
    const granted = lock.acquire('orders');
    const first = await backend.at(0);
    first.answer(QUEUED);
    await clock.advance(SILENCE_MS);
    (await backend.at(1)).answer({ kind: 'dropped' });
    const anew = await backend.at(2);
    assert.equal(anew.n, 1);
    assert.notEqual(anew.request.token, first.request.token);
    anew.answer({ kind: 'granted', n: 1, fencingToken: 1n });
    await granted;
  });

  it('keeps its place when a request is not answered, and undoes nothing', async () => {
    const { clock, backend, lock } = queue({ retry: { delayMs: 50, jitter: 0 } });
    const granted = lock.acquire('orders');
    const first = await backend.at(0);
    await clock.advance(COMMAND_MS + 50);
    const second = await backend.at(1);
    assert.deepEqual([second.request.token, second.n], [first.request.token, 2]);
    first.answer({ kind: 'granted', n: 1, fencingToken: 1n });
    assert.equal((await granted).token, first.request.token, 'an answer that comes late still counts');
    assert.equal(backend.undos.sent, 0);
  });
});

describe('giving up', () => {
  it('leaves the queue, and says definitely that nothing was taken when the server has confirmed it', async () => {
    const { clock, backend, lock } = queue();
    const outcome = assert.rejects(lock.acquire('orders', { timeoutMs: 100 }), {
      code: 'LOCK_TIMEOUT',
      outcome: 'definite',
    });
    const { request, answer } = await backend.at(0);
    answer(QUEUED);
    await clock.advance(100);
    const withdrawn = await backend.undos.next();
    assert.equal(withdrawn.request.token, request.token);
    withdrawn.answer();
    await outcome;
  });

  it('does not know the outcome without that answer, and withdraws again in the background', async () => {
    const { clock, backend, lock } = queue();
    const outcome = assert.rejects(lock.acquire('orders', { timeoutMs: 100 }), { outcome: 'unknown' });
    (await backend.at(0)).answer(QUEUED);
    await clock.advance(100);
    await backend.undos.next();
    await clock.advance(COMMAND_MS);
    await outcome;
    (await backend.undos.next()).answer();
    await lock.drained();
  });

  it('on the signal rejects at once and withdraws in the background', async () => {
    const { backend, lock } = queue();
    const leaving = new AbortController();
    const outcome = assert.rejects(lock.acquire('orders', { signal: leaving.signal }), { code: 'LOCK_ABORTED' });
    (await backend.at(0)).answer(QUEUED);
    await settle();
    leaving.abort();
    await outcome;
    (await backend.undos.next()).answer();
    assert.equal(backend.listeners.size, 0);
  });

  it('after trouble all along tells the trouble, definite if nothing was ever sent', async () => {
    const { clock, backend, lock } = queue();
    const outcome = assert.rejects(lock.acquire('orders', { timeoutMs: 100 }), {
      code: 'LOCK_BACKEND_UNAVAILABLE',
      outcome: 'definite',
    });
    (await backend.at(0)).fail(new LockBackendError('no connection', 'definite'));
    await clock.advance(100);
    await outcome;
    assert.equal(backend.undos.sent, 0);
  });

  it('after a request of unknown outcome withdraws it', async () => {
    const { clock, backend, lock } = queue();
    const outcome = assert.rejects(lock.acquire('orders', { timeoutMs: 100 }), { outcome: 'unknown' });
    (await backend.at(0)).fail(new Error('connection lost'));
    await clock.advance(100);
    (await backend.undos.next()).fail(new Error('still lost'));
    await outcome;
  });

  it('is what closing the lock does to all who wait', async () => {
    const { backend, lock } = queue();
    const outcome = assert.rejects(lock.acquire('orders'), { code: 'LOCK_BACKEND_UNAVAILABLE' });
    (await backend.at(0)).answer(QUEUED);
    await settle();
    const closed = lock.close();
    await outcome;
    (await backend.undos.next()).answer();
    await closed;
  });

  it('with no time to wait asks once and does not queue', async () => {
    const { backend, lock } = queue();
    const outcome = assert.rejects(lock.acquire('orders', { timeoutMs: 0 }), { code: 'LOCK_TIMEOUT' });
    (await backend.attempts.next()).answer({ kind: 'busy' });
    await outcome;
    assert.equal(backend.asked.length, 0);
  });
});
