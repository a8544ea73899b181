import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Deployment, ServerNode } from '../../harness/backends/deployment.ts';
import { makeLinks } from '../../harness/backends/links.ts';
import { startNative } from '../../harness/backends/native.ts';
import { Session } from '../../harness/backends/session.ts';

const LONG_MS = 120_000;

describe('a link', () => {
  let session: Session;
  let deployment: Deployment;

  before(async () => {
    session = await Session.open();
    const { signal } = new AbortController();
    deployment = await startNative(session, { backend: 'redis', topology: 'single', proxies: 1, signal });
    session.onClose(() => deployment.stop());
  });
  after(() => session.close());

  it('is healed also when answers that are held back are for a client that has gone', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const opened: { destroy(): void }[] = [{ destroy: () => server.close() }];
    using _ = { [Symbol.dispose]: () => opened.toReversed().forEach((one) => one.destroy()) };
    const [node] = deployment.nodes;
    assert.ok(node !== undefined && deployment.toxiproxy !== undefined);
    const upstream: ServerNode = { ...node, index: 0, upstream: `127.0.0.1:${port}` };
    const [[link] = []] = await makeLinks(deployment.toxiproxy, [upstream], 1, 'links-test');
    assert.ok(link !== undefined);

    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connect(link.endpoint);
    opened.push(client);
    client.on('error', () => undefined);
    await once(client, 'connect');
    const [answering] = await accepted;
    opened.push(answering);
    answering.on('error', () => undefined);
    const heal = await link.delay(LONG_MS, 'reply');
    for (let chunk = 0; chunk < 10; chunk++) {
      answering.write(`answer ${chunk}\n`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    client.resetAndDestroy();
    await heal();

    // And it works again.
    const next = connect(link.endpoint);
    opened.push(next);
    const [again] = (await once(server, 'connection')) as [Socket];
    opened.push(again);
    again.write('hello');
    assert.equal(String((await once(next, 'data'))[0]), 'hello');
  });
});
