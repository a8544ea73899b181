/** A TCP link that a test can hold up, cut, or make deaf in one direction. */
import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Endpoint } from '../../../implementations/lock.ts';

export class Link implements AsyncDisposable {
  /** What comes from the server is dropped: requests arrive and are carried out, replies are lost. */
  dropReplies = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(target: Endpoint): Promise<Link> {
    const server = createServer();
    const link = new Link(server);
    server.on('connection', (client) => link.#join(client, createConnection(target.port, target.host)));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return link;
  }

  get endpoint(): Endpoint {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the link is closed');
    return { host: '127.0.0.1', port: address.port };
  }

  /** Ends all connections; new ones may come at once. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #join(client: Socket, server: Socket): void {
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (data) => server.write(data));
    server.on('data', (data) => {
      if (!this.dropReplies) client.write(data);
    });
  }
}
