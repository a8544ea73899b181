import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { LockBackendError } from '../../../implementations/lock.ts';
import { lock as module } from '../../../implementations/etcd/module.ts';
import { Link } from '../redis/link.ts';
import { startServer } from '../../../tools/servers.ts';
import type { Servers } from '../../../tools/servers.ts';
import { connectTo, eventually } from '../connected.ts';
import type { Connected } from '../connected.ts';

let servers: Servers;

before(async () => {
  servers = await startServer('etcd');
});

after(() => servers[Symbol.asyncDispose]());

const connect = (endpoints = servers.endpoints): Promise<Connected> => connectTo(module, endpoints);

/** By the JSON gateway, past the lock. */
async function ask(path: string, body: object): Promise<unknown> {
  const [endpoint] = servers.endpoints;
  const response = await fetch(`http://${endpoint?.host}:${endpoint?.port}/v3/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return response.json();
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function leases(): Promise<number> {
  const answer = z.object({ leases: z.array(z.unknown()).default([]) }).parse(await ask('lease/leases', {}));
  return answer.leases.length;
}

describe('the lock on etcd', () => {
  it('uses one lease for one acquisition after the other, and leaves none', async () => {
    await using connected = await connect();
    const { lock } = connected;
    for (let cycle = 0; cycle < 5; cycle++) await (await lock.acquire('reuse', { leaseMs: 60_000 })).release();
    assert.equal(await leases(), 1);
    const [one, two] = await Promise.all([lock.acquire('one'), lock.acquire('two')]);
    assert.notEqual(one.fencingToken, two.fencingToken);
    await Promise.all([one.release(), two.release()]);
    await connected.close();
    assert.equal(await leases(), 0);
  });

  it('asks anew when its key is removed while it waits', async () => {
    await using holder = await connect();
    await using waiter = await connect();
    const lease = await holder.lock.acquire('removed', { leaseMs: 60_000 });
    const waiting = waiter.lock.acquire('removed', { leaseMs: 600, timeoutMs: 60_000 });
    await eventually(async () => (await holder.lock.inspect('removed')).waiters === 1);
    const start = `test:removed/${lease.token}`;
    const all = { key: base64('test:removed/'), range_end: base64('test:removed0') };
    const keys = z.object({ kvs: z.array(z.object({ key: z.string() })) }).parse(await ask('kv/range', all)).kvs;
    const [other] = keys.filter(({ key }) => key !== base64(start));
    await ask('kv/deleterange', { key: other?.key });
    await eventually(async () => (await holder.lock.inspect('removed')).waiters === 1);
    await lease.release();
    assert.equal(await (await waiting).release(), 'released');
  });

  it('revokes the lease of a request that was not answered', async () => {
    const [endpoint] = servers.endpoints;
    assert.ok(endpoint !== undefined);
    await using link = await Link.to(endpoint);
    await using cut = await connect([link.endpoint]);
    await using other = await connect();
    await (await cut.lock.acquire('warm up', { leaseMs: 60_000 })).release();
    link.dropReplies = true;
    const outcome = assert.rejects(cut.lock.tryAcquire('unknown', { leaseMs: 60_000 }), { outcome: 'unknown' });
    await eventually(async () => (await other.lock.inspect('unknown')).held);
    link.reset();
    await outcome;
    link.dropReplies = false;
    await (await other.lock.acquire('unknown', { timeoutMs: 60_000 })).release();
  });

  it('is granted by tryAcquire only if nobody has it and nobody waits, and writes nothing otherwise', async () => {
    await using connected = await connect();
    const { lock } = connected;
    const lease = await lock.acquire('try');
    const earlier = await lock.health();
    assert.equal(await lock.tryAcquire('try', { leaseMs: 60_000 }), null);
    assert.equal((await lock.health()).detail, earlier.detail, 'the revision has changed');
    await lease.release();
  });

  it('tells of wrong credentials by name, and works with the right ones', async () => {
    const [endpoint] = servers.endpoints;
    assert.ok(endpoint !== undefined);
    await ask('auth/user/add', { name: 'root', password: 'right' });
    await ask('auth/role/add', { name: 'root' });
    await ask('auth/user/grant', { user: 'root', role: 'root' });
    await ask('auth/enable', {});
    await using right = await connect([{ ...endpoint, username: 'root', password: 'right' }]);
    await using wrong = await connect([{ ...endpoint, username: 'root', password: 'wrong' }]);
    await using none = await connect();
    try {
      await (await right.lock.acquire('secret')).release();
      await assert.rejects(
        wrong.lock.tryAcquire('secret'),
        (error) =>
          error instanceof LockBackendError && error.outcome === 'definite' && error.message.includes('"root"'),
      );
      await assert.rejects(none.lock.tryAcquire('secret'), { code: 'LOCK_BACKEND_UNAVAILABLE', outcome: 'definite' });
    } finally {
      await Promise.all([right, wrong, none].map((one) => one.close()));
      const { token } = z
        .object({ token: z.string() })
        .parse(await ask('auth/authenticate', { name: 'root', password: 'right' }));
      await fetch(`http://${endpoint.host}:${endpoint.port}/v3/auth/disable`, {
        method: 'POST',
        body: '{}',
        headers: { authorization: token },
      });
    }
  });
});
