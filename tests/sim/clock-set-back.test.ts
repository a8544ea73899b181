/** A server's clock that is set back after a lease has lapsed. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { inWorld, install } from './in-world.ts';

install();
const { lock: readWrite } = await import('../../implementations/redis/modules/read-write.ts');

void it('redis-read-write: a reader whose lease had lapsed when a writer was granted has lost it for good', async () => {
  const outcome = await inWorld('redis', 1, async ({ endpoints, nodes }) => {
    const { signal } = new AbortController();
    const connected = await readWrite.connect({
      ...{ endpoints, natMap: {}, prefix: 'test:', folder: '', options: {}, signal },
    });
    const { lock } = connected;
    const reading = await lock.acquire('k', { mode: 'shared', leaseMs: 600, renew: false });
    const writing = await lock.acquire('k', { leaseMs: 600 });
    await nodes[0]?.setClock(-6000);
    const released = await reading.release();
    await writing.release();
    await connected.close();
    return released;
  });
  assert.equal(outcome, 'lost');
});
