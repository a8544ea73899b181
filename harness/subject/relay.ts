/**
 * The way of a subject to its servers, by way of its worker: what it asks and is answered crosses sockets of ours, so that
 * late and missing answers are seen as those of a lock inside the worker are. It adds two copies on the loopback.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Endpoint } from 'holdfast-locks';

/** @returns where to connect to instead */
export async function relayTo(endpoint: Endpoint): Promise<Endpoint> {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ host: endpoint.host, port: endpoint.port, noDelay: true, allowHalfOpen: true });
    join(near, far);
    join(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return { ...endpoint, host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** What comes in on one goes out on the other, and so does how it ends. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  // Cut by a reset, it is reset for the other end too.
  from.on('error', () => to.resetAndDestroy());
  from.once('close', () => to.destroySoon());
}
