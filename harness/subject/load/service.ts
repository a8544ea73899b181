/** A small shop: an HTTP service that takes the lock in its handler and sells from a stock, as long as there is any. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CycleOutcome, LoadClient } from './client.ts';

/** What a buyer is told: sold; sold out; the lock could not be had. */
export const STATUS: Readonly<Record<CycleOutcome, number>> = { done: 201, refused: 410, busy: 503, failed: 503 };

export interface Service {
  /** Each serves one request at a time; a request that finds none free is turned away. */
  readonly clients: readonly LoadClient[];
  readonly onPort: (port: number) => void;
  /** Settles when it is to close. */
  readonly over: Promise<void>;
}

/** Settles when it has closed and every request has been answered. @throws what a client did against the contract */
export async function serveHttp({ clients, onPort, over }: Service): Promise<void> {
  const free = [...clients];
  const trouble = Promise.withResolvers<never>();
  const underWay = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    // What a buyer sends says nothing.
    request.resume();
    const client = free.pop();
    if (client === undefined) return void response.writeHead(STATUS.busy).end();
    const serving = client
      .serve(client.nextKey(), undefined)
      .then((outcome) => {
        response.writeHead(STATUS[outcome]).end();
      })
      .catch((error: unknown) => trouble.reject(error))
      .finally(() => {
        free.push(client);
        underWay.delete(serving);
      });
    underWay.add(serving);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onPort((server.address() as AddressInfo).port);
  try {
    await Promise.race([over, trouble.promise]);
  } finally {
    server.close();
    await Promise.all(underWay);
    server.closeAllConnections();
  }
}
