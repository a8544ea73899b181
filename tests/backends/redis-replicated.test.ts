/** Redis behind Sentinels and as a cluster: formed, led by another after a crash, formed again after all data is lost. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Deployment } from '../../harness/backends/deployment.ts';
import { startNative } from '../../harness/backends/native.ts';
import { Session } from '../../harness/backends/session.ts';
import { findLock } from '../../implementations/catalogue.ts';
import type { ConnectedLock } from '../../implementations/lock.ts';

for (const topology of ['sentinel', 'cluster'] as const) {
  describe(`redis, ${topology}`, () => {
    let session: Session;
    let deployment: Deployment;
    let connected: ConnectedLock;

    before(async () => {
      session = await Session.open();
      const { signal } = new AbortController();
      deployment = await startNative(session, { backend: 'redis', topology, proxies: 0, signal });
      session.onClose(() => deployment.stop());
      const module = findLock(`redis-${topology}`)?.module;
      assert.ok(module !== undefined);
      const { nodes, entrances } = deployment;
      connected = await module.connect({
        endpoints: entrances.flatMap((node) => nodes[node]?.endpoint ?? []),
        natMap: Object.fromEntries(nodes.map(({ upstream, endpoint }) => [upstream, endpoint])),
        ...{ prefix: 'test:', folder: '', options: {}, signal },
      });
    });
    after(async () => {
      await connected.close();
      await session.close();
    });

    /** Until another than this one leads. */
    async function nextLeader(than: number): Promise<number> {
      for (;;) {
        const leader = await deployment.leader();
        if (leader !== undefined && leader !== than) return leader;
        await delay(20);
      }
    }

    async function locksAndReleases(): Promise<void> {
      const lease = await connected.lock.acquire('orders', { timeoutMs: 10_000 });
      assert.equal(await lease.release(), 'released');
    }

    it('answers many at once as soon as it is connected', async () => {
      const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
      const seen = await Promise.all(keys.map((key) => connected.lock.inspect(key)));
      assert.ok(seen.every(({ held }) => !held));
    });

    it('serves the lock', locksAndReleases);

    it('serves it again when the leader has crashed and another leads, and when the old one is back', async () => {
      const leader = (await deployment.leader()) ?? -1;
      await deployment.nodes[leader]?.crash();
      await nextLeader(leader);
      await locksAndReleases();
      await deployment.nodes[leader]?.restart({ keepData: true });
      await locksAndReleases();
    });

    it('is whole again when all have lost their data', async () => {
      await Promise.all(deployment.nodes.map((node) => node.crash()));
      await Promise.all(deployment.nodes.map((node) => node.restart({ keepData: false })));
      await deployment.form();
      assert.ok((await deployment.leader()) !== undefined);
      await locksAndReleases();
    });
  });
}
