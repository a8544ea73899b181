/** A TCP proxy in this process that counts round trips, for any protocol. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Backend, Endpoint } from '../../implementations/lock.ts';

/** Some transports keep house with messages this short: HTTP/2 by window updates and acknowledgements, ZooKeeper by pings. */
const HOUSEKEEPING_BYTES: Readonly<Partial<Record<Backend, number>>> = { etcd: 17, zookeeper: 17 };

export class CountingProxy {
  readonly endpoint: Endpoint;
  readonly #server: Server;
  readonly #housekeepingBytes: number;
  readonly #sockets = new Set<Socket>();
  /** Times that the client began to send after the server had answered: round trips, however many packets they took. */
  trips = 0;

  private constructor(server: Server, target: Endpoint, backend: Backend) {
    this.#server = server;
    this.#housekeepingBytes = HOUSEKEEPING_BYTES[backend] ?? 0;
    this.endpoint = { ...target, host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    server.on('connection', (client) => this.#join(client, target));
  }

  static async open(target: Endpoint, backend: Backend): Promise<CountingProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CountingProxy(server, target, backend);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, { host, port }: Endpoint): void {
    const server = connect({ host, port });
    let asking = false;
    client.on('data', (data) => {
      if (!asking && data.length > this.#housekeepingBytes) {
        asking = true;
        this.trips += 1;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      if (data.length > this.#housekeepingBytes || asking) asking = false;
      client.write(data);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
