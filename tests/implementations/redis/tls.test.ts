/** A server that is reached by TLS, as most that are rented are, by client and subscriber. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { Redis } from 'ioredis';
import { RedisLock } from '../../../implementations/redis/index.ts';
import { freePort } from '../../../harness/backends/ports.ts';
import { RedisServer } from '../../../tools/redis-server.ts';

void it('is locked by clients that trust its certificate, and refused by those that do not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tls-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const self = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'];
  const name = ['-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...self, ...name, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  await using server = await RedisServer.start();
  const port = await freePort();
  const opened: Redis[] = [];
  const open = (options: object): Redis => {
    const client = new Redis({ host: '127.0.0.1', retryStrategy: () => 50, ...options });
    client.on('error', () => undefined);
    opened.push(client);
    return client;
  };
  try {
    const files = ['tls-cert-file', certificate, 'tls-key-file', key, 'tls-ca-cert-file', certificate];
    const set = [...files, 'tls-auth-clients', 'no', 'tls-port', port];
    await open({ port: server.port }).call('CONFIG', 'SET', ...set);
    const trusting = { port, tls: { ca: readFileSync(certificate) } };
    const lock = new RedisLock({ client: open(trusting), subscriber: open(trusting) });
    const lease = await lock.acquire('orders');
    const waiting = lock.acquire('orders', { timeoutMs: 60_000 });
    assert.equal(await lease.release(), 'released');
    assert.equal(await (await waiting).release(), 'released');
    const wary = new RedisLock({ client: open({ port, tls: {} }) });
    await assert.rejects(wary.acquire('orders', { timeoutMs: 300 }));
    assert.equal((await wary.health()).ok, false);
  } finally {
    for (const client of opened) client.disconnect();
    rmSync(folder, { recursive: true });
  }
});
