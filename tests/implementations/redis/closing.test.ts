/** Closing the clients of a lock while they do something by themselves. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { it } from 'node:test';
import { connectClients } from '../../../implementations/redis/modules/connect.ts';
import { Channels } from '../../../implementations/redis/wake-ups.ts';
import { RequestParser } from '../../../harness/sim/servers/redis/parser.ts';

void it('a client that is closed while it subscribes anew leaves no error to nobody', async (context) => {
  let first: Socket | undefined;
  const again = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    const parser = new RequestParser();
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      for (const [command = ''] of parser.feed(data)) {
        if (command.toLowerCase() !== 'subscribe') socket.write('+OK\r\n');
        else if ((first ??= socket) === socket) socket.write('>3\r\n$9\r\nsubscribe\r\n$7\r\nchannel\r\n:1\r\n');
        else again.resolve();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { commands, subscribers } = connectClients(
    {
      endpoints: [{ host: '127.0.0.1', port }],
      ...{ prefix: '', folder: '', natMap: {}, options: {}, signal: new AbortController().signal },
    },
    { wakeUps: true },
  );
  const [subscriber] = subscribers;
  assert.ok(subscriber !== undefined);
  Channels.of(subscriber).subscribe('channel', () => first?.destroy());
  await again.promise;
  const ends = [...commands, subscriber].map((client) => once(client, 'end'));
  for (const client of [...commands, subscriber]) client.disconnect();
  await Promise.all(ends);
});
