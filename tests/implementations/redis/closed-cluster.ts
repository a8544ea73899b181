/** A process that closes its lock while the client reads the layout of a cluster: nothing may keep it alive then. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { lock } from '../../../implementations/redis/modules/cluster.ts';
import { RequestParser } from '../../../harness/sim/servers/redis/parser.ts';

/** The first reading connects; the second happens beside the commands. */
const READ_BESIDE = 2;

let readings = 0;
const besideTheCommands = Promise.withResolvers<void>();
const sockets = new Set<Socket>();
const server = createServer((socket) => {
  const parser = new RequestParser();
  sockets.add(socket);
  socket.on('data', (data) => {
    for (const words of parser.feed(data)) socket.write(answer(words.join(' ').toLowerCase()));
  });
  socket.on('error', () => undefined);
});

function answer(command: string): string {
  if (command === 'cluster info') return bulk('cluster_state:ok');
  if (command !== 'cluster slots') return '+OK\r\n';
  readings += 1;
  if (readings < READ_BESIDE) return `*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n${bulk('127.0.0.1')}:${port}\r\n`;
  if (readings === READ_BESIDE) besideTheCommands.resolve();
  return '';
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const connected = await lock.connect({
  endpoints: [{ host: '127.0.0.1', port }],
  ...{ natMap: {}, prefix: 'closed:', folder: '', options: {}, signal: new AbortController().signal },
});
await besideTheCommands.promise;
await connected.close();
for (const socket of sockets) socket.destroy();
server.close();
