/** The watches that the clients of one ZooKeeper server have set: each is told of one change, and is gone. */
import type { Change } from './tree.ts';

type Kind = 'data' | 'children';

export class Watches<Client> {
  readonly #tell: (client: Client, type: number, path: string) => void;
  readonly #watching: Readonly<Record<Kind, Map<string, Set<Client>>>> = { data: new Map(), children: new Map() };

  constructor(tell: (client: Client, type: number, path: string) => void) {
    this.#tell = tell;
  }

  add(kind: Kind, path: string, client: Client): void {
    const clients = this.#watching[kind].get(path) ?? new Set();
    this.#watching[kind].set(path, clients.add(client));
  }

  trigger({ type, path, watches }: Change): void {
    const told = new Set<Client>();
    for (const kind of watches) {
      const clients = this.#watching[kind].get(path) ?? new Set();
      this.#watching[kind].delete(path);
      for (const client of clients) {
        if (!told.has(client)) this.#tell(client, type, path);
        told.add(client);
      }
    }
  }

  forget(client: Client): void {
    for (const watching of Object.values(this.#watching)) {
      for (const clients of watching.values()) clients.delete(client);
    }
  }

  clear(): void {
    for (const watching of Object.values(this.#watching)) watching.clear();
  }
}
