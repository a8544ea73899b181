/** A session that ends while its client is without a connection. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { it } from 'node:test';
import zookeeper from 'node-zookeeper-client';
import { systemClock } from '../../../implementations/lease/clock.ts';
import { Session } from '../../../implementations/zookeeper/session.ts';

void it('a client that was about to connect again when it was closed asks nothing of the server', async (context) => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const client = zookeeper.createClient(`127.0.0.1:${port}`, { sessionTimeout: 2000, spinDelay: 100 });
  const session = new Session(client, systemClock, { connected: () => undefined, ended: () => undefined });
  const [first] = (await once(server, 'connection')) as [Socket];
  const { socket } = session.client.connectionManager ?? {};
  assert.ok(socket !== undefined);
  first.destroy();
  await once(socket, 'close');
  const again = once(server, 'connection') as Promise<[Socket]>;
  await session.close(100, true);
  const [second] = await again;
  const asked: Buffer[] = [];
  second.on('data', (data: Buffer) => asked.push(data));
  await once(second, 'close');
  assert.deepEqual(asked, []);
});
