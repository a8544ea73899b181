import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { LockBackendError } from '../../../implementations/lock.ts';
import { lock as module } from '../../../implementations/consul/module.ts';
import { Link } from '../redis/link.ts';
import { startServer } from '../../../tools/servers.ts';
import type { Servers } from '../../../tools/servers.ts';
import { connectTo, eventually } from '../connected.ts';
import type { Connected } from '../connected.ts';

let servers: Servers;

before(async () => {
  servers = await startServer('consul');
});

after(() => servers[Symbol.asyncDispose]());

const connect = (endpoints = servers.endpoints, options: Readonly<Record<string, unknown>> = {}): Promise<Connected> =>
  connectTo(module, endpoints, options);

async function ask(method: string, path: string): Promise<unknown> {
  const [endpoint] = servers.endpoints;
  return (await fetch(`http://${endpoint?.host}:${endpoint?.port}/v1/${path}`, { method })).json();
}

async function sessions(): Promise<readonly { readonly ID: string }[]> {
  return z.array(z.object({ ID: z.string() })).parse(await ask('GET', 'session/list?consistent'));
}

describe('the lock on Consul', () => {
  it('uses one session for one acquisition after the other, and leaves neither session nor key', async () => {
    await using connected = await connect();
    const { lock } = connected;
    let last = 0n;
    for (let cycle = 0; cycle < 5; cycle++) {
      const lease = await lock.acquire('reuse', { leaseMs: 60_000 });
      const fence = lease.fencingToken ?? 0n;
      assert.ok(fence > last, 'a deleted key counts from the beginning again');
      last = fence;
      assert.equal(await lease.release(), 'released');
    }
    assert.equal((await sessions()).length, 1);
    await connected.close();
    assert.deepEqual(await sessions(), []);
    const [node] = servers.deployment.nodes;
    assert.ok(node !== undefined);
    assert.equal((await servers.deployment.server.census?.(node.endpoint, 'test:'))?.['keys'], 0);
  });

  it('is lost when its session is destroyed by somebody else, and free for others at once', async () => {
    await using one = await connect();
    await using other = await connect();
    const lease = await one.lock.acquire('destroyed', { leaseMs: 60_000 });
    for (const { ID } of await sessions()) await ask('PUT', `session/destroy/${ID}`);
    const next = await other.lock.acquire('destroyed', { timeoutMs: 60_000 });
    await assert.rejects(lease.renew(), { code: 'LEASE_LOST' });
    assert.equal(lease.signal.aborted, true);
    assert.equal(await lease.release(), 'lost');
    assert.equal(await next.release(), 'released');
  });

  it('destroys the session of a request that was not answered', async () => {
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

  it('says which setting of the server a session that is too short does not suit', async () => {
    await using short = await connect(servers.endpoints, { leastTtlMs: 1000 });
    const lease = await short.lock.acquire('short', { leaseMs: 100 });
    assert.ok(lease.remainingMs() <= 100);
    assert.equal(await lease.release(), 'released');
    await assert.rejects(
      short.lock.tryAcquire('long', { leaseMs: 100_000_000 }),
      (error) =>
        error instanceof LockBackendError && /session_ttl_min/.test(error.message) && error.outcome === 'definite',
    );
    await short.close();
  });
});
