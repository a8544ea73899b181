/** A TCP proxy in this process that counts round trips, for any protocol. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { Backend, Endpoint } from 'holdfast-locks';
import { housekeepingBytesOf } from './housekeeping.ts';

export class CountingProxy {
  readonly endpoint: Endpoint;
  readonly #server: Server;
  readonly #housekeepingBytes: number;
  readonly #sockets = new Set<Socket>();
  /** Clients' connections on which an answer is owed. */
  readonly #asking = new Set<Socket>();
  readonly #answers = new EventEmitter<{ answer: [] }>();
  /** Times that the client began to send after the server had answered: round trips, however many packets they took. */
  trips = 0;

  private constructor(server: Server, target: Endpoint, backend: Backend) {
    this.#server = server;
    this.#housekeepingBytes = housekeepingBytesOf(backend);
    this.endpoint = { ...target, host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    server.on('connection', (client) => this.#join(client, target));
  }

  static async open(target: Endpoint, backend: Backend): Promise<CountingProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CountingProxy(server, target, backend);
  }

  /**
   * Resolves when every question has its answer, or when `signal` aborts. One who needs only most of several answers goes
   * on before the last, and what it asks meanwhile would count as part of the same round trip.
   */
  async quiet(signal: AbortSignal): Promise<void> {
    // What was written before is read within one turn of the event loop.
    await setImmediate();
    while (this.#asking.size > 0 && !signal.aborted) {
      await once(this.#answers, 'answer', { signal }).catch(ignore);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, { host, port }: Endpoint): void {
    const server = connect({ host, port });
    const answered = (): void => {
      if (this.#asking.delete(client)) this.#answers.emit('answer');
    };
    client.on('data', (data) => {
      if (!this.#asking.has(client) && data.length > this.#housekeepingBytes) {
        this.#asking.add(client);
        this.trips += 1;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      answered();
      client.write(data);
    });
    client.on('close', answered);
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

/** Resolves when no question to any of them is without its answer, or after so long. */
export async function allQuiet(proxies: readonly CountingProxy[], withinMs: number): Promise<void> {
  const signal = AbortSignal.timeout(withinMs);
  await Promise.all(proxies.map((proxy) => proxy.quiet(signal)));
}

function ignore(): void {}
