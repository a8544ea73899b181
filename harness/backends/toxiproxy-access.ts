/** Where proxies listen, and where workers reach them. */
import type { Endpoint } from 'holdfast-locks';
import { InfrastructureError } from '../base/errors.ts';
import type { ToxiproxyAccess } from './deployment.ts';

/**
 * For a Toxiproxy that we have started. `ports`: ports inside its container, each with the port of this machine that leads
 * there; without, it runs on this machine and takes any.
 */
export function accessFrom(
  api: Endpoint,
  ports?: readonly (readonly [inside: number, outside: number])[],
): ToxiproxyAccess {
  const portOf = (listen: string): number => Number(listen.slice(listen.lastIndexOf(':') + 1));
  if (ports === undefined) {
    return {
      ...{ api, ports },
      nextListen: () => `${api.host}:0`,
      reach: (listen) => ({ host: api.host, port: portOf(listen) }),
    };
  }
  const outside = new Map(ports);
  const free = ports.map(([inside]) => inside);
  return {
    ...{ api, ports },
    nextListen: () => {
      const inside = free.shift();
      if (inside === undefined) throw new InfrastructureError(`all ${ports.length} ports for proxies are in use`);
      return `0.0.0.0:${inside}`;
    },
    reach: (listen) => ({ host: api.host, port: outside.get(portOf(listen)) ?? 0 }),
  };
}
