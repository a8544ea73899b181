/** A worker's connection to the resource. */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { PerDoor, Resource, ResourceRequest, ResourceResponse, ResourceUse, Values } from './protocol.ts';

export class ResourceClient implements Resource {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (response: ResourceResponse) => void>();
  #lastId = 0;

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const lines = createInterface({ input: this.#socket });
    // The resource ends only with the run, and the harness sees to that; what is asked after it is never answered.
    this.#socket.on('error', () => this.#socket.destroy());
    lines.on('error', () => lines.close());
    lines.on('line', (line) => {
      // Trusted: the peer is our own resource process.
      const response = JSON.parse(line) as ResourceResponse;
      this.#waiting.get(response.id)?.(response);
      this.#waiting.delete(response.id);
    });
  }

  carryOut(use: ResourceUse, operation: string, argument: PerDoor<Values>): Promise<PerDoor<Values>> {
    return this.#ask({ ...use, id: ++this.#lastId, operation, argument });
  }

  close(): void {
    this.#socket.destroy();
  }

  #ask(request: ResourceRequest): Promise<PerDoor<Values>> {
    return new Promise((resolve) => {
      this.#waiting.set(request.id, (response) => resolve(response.seen));
      this.#socket.write(`${JSON.stringify(request)}\n`);
    });
  }
}
