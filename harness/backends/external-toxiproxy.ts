/** A Toxiproxy that the user started: which of its ports are ours to use. */
import { parseAddress } from './address.ts';
import { untilAnswering, type ToxiproxyAccess } from './deployment.ts';
import type { ToxiproxyConfig } from './external-config.ts';
import { UsageError } from '../base/errors.ts';
import { proxiesOf, toxiproxy } from './servers/toxiproxy.ts';

/**
 * Proxies of others on these ports are left alone: they may belong to a run of somebody else.
 * @throws UsageError when fewer than `needed` ports are free, InfrastructureError when it does not answer.
 */
export async function reachToxiproxy(
  config: ToxiproxyConfig,
  needed: number,
  within: { readonly withinMs: number; readonly signal: AbortSignal },
): Promise<ToxiproxyAccess> {
  const api = parseAddress(config.api);
  await untilAnswering(toxiproxy, api, within);
  const [first, last] = config.ports;
  const taken = new Set((await proxiesOf(api)).map(({ listen }) => portOf(listen)));
  const free = Array.from({ length: last - first + 1 }, (_, index) => first + index).filter((port) => !taken.has(port));
  if (free.length < needed) {
    const others = last - first + 1 - free.length;
    const used = others === 0 ? '' : `, ${others} of them used by other proxies`;
    throw new UsageError(
      `the ports ${first} to ${last} of Toxiproxy are ${last - first + 1}${used}; ${needed} are needed (workers times nodes)`,
    );
  }
  let next = 0;
  return {
    api,
    nextListen: () => `${config.listen}:${free[next++] ?? 0}`,
    reach: (listen) => ({ host: config.host ?? api.host, port: portOf(listen) }),
  };
}

const portOf = (listen: string): number => Number(listen.slice(listen.lastIndexOf(':') + 1));
