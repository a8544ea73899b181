/** Clients for libraries that stand on ioredis, connected as the libraries' own examples do. */
import { Redis } from 'ioredis';
import type { ConnectContext, ConnectedLock } from '../lock.ts';
import { adapted, type Library } from './adapted.ts';

/**
 * One client for each server, which connects again within 100 ms and has a listener for errors.
 *
 * @param options.keyPrefix whether the client puts the prefix before each name: for libraries that write something of their
 * own before a key
 */
export async function connectAdapted(
  { endpoints, prefix }: ConnectContext,
  make: (clients: readonly Redis[]) => Library,
  options: { readonly keyPrefix?: boolean } = {},
): Promise<ConnectedLock> {
  const clients = endpoints.map(({ host, port, username, password, tls }) => {
    const client = new Redis({
      ...{ host, port, disableClientInfo: true, retryStrategy: (times: number) => Math.min(100, 20 * times) },
      username,
      password,
      ...(tls === true ? { tls: {} } : {}),
      ...(options.keyPrefix === true ? { keyPrefix: prefix } : {}),
    });
    // The commands that fail say so.
    client.on('error', () => undefined);
    return client;
  });
  await Promise.all(
    clients.map((client) => new Promise<void>((resolve) => void client.once('ready', () => resolve()))),
  );
  return adapted({
    held: async (key) => (await clients[0]?.exists(key)) === 1,
    pings: () => clients.map((client) => client.ping()),
    close: () => {
      for (const client of clients) client.disconnect();
    },
    ...make(clients),
  });
}
