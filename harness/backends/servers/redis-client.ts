/** Asking a Redis server as the harness does: one connection, one question, no patience. */
import { Redis } from 'ioredis';
import type { Endpoint } from 'holdfast-locks';
import { InfrastructureError } from '../../base/errors.ts';

/** Answers that stay the same, however often one asks. */
const REFUSAL = /^(WRONGPASS|NOAUTH|NOPERM)\b/;
/** What is asked of a server that does not answer is given up, with the connection, after `timeoutMs`. */
export async function withClient<T>(
  endpoint: Endpoint,
  timeoutMs: number,
  use: (client: Redis) => Promise<T>,
): Promise<T> {
  const client = new Redis({
    host: endpoint.host,
    port: endpoint.port,
    username: endpoint.username,
    password: endpoint.password,
    ...(endpoint.tls ? { tls: {} } : {}),
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  let trouble: Error | undefined;
  client.on('error', (error: Error) => {
    trouble ??= error;
  });
  try {
    await client.connect();
    return await use(client);
  } catch (error) {
    // Why the connection was lost says more than that it was.
    const cause = trouble ?? (error as Error);
    if (REFUSAL.test(cause.message))
      throw new InfrastructureError(`redis refuses this user: ${cause.message}`, { cause });
    throw cause;
  } finally {
    client.disconnect();
  }
}
