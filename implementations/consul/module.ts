/** `consul` as the harness loads it. */
import Consul from 'consul';
import { z } from 'zod';
import type { Claims } from '../claims.ts';
import { leaseOptions, parseOptions } from '../lease/module-options.ts';
import type { ConnectContext, ConnectedLock, Endpoint, LockModule } from '../lock.ts';
import { quorumClaims } from '../quorum-claims.ts';
import type { ConsulClient } from './client.ts';
import { ConsulLock } from './lock.ts';
import type { ConsulLockOptions } from './lock.ts';

const consulOptions = leaseOptions.extend({
  /** The servers' `session_ttl_min`. Those that Holdfast starts have 1 s; Consul's own default is 10 s. */
  leastTtlMs: z.number().min(1000).default(1000),
});

/** Makes a lock of the family for the context of a module. */
export async function connectConsul(
  context: ConnectContext,
  make: (options: ConsulLockOptions) => ConsulLock,
): Promise<ConnectedLock> {
  const options = parseOptions(consulOptions, context.options);
  const lock = make({ ...options, prefix: context.prefix, clients: openClients(context.endpoints) });
  return { lock, close: () => lock.close() };
}

/** @throws RangeError without endpoints */
export function openClients([first, ...others]: readonly Endpoint[]): [ConsulClient, ...ConsulClient[]] {
  if (first === undefined) throw new RangeError('a Consul lock needs at least one endpoint');
  return [open(first), ...others.map(open)];
}

function open({ host, port, password, tls }: Endpoint): ConsulClient {
  return new Consul({
    host,
    port,
    secure: tls === true,
    // An address has no better place for an ACL token.
    ...(password === undefined ? {} : { defaults: { token: password } }),
  });
}

export const claims: Claims = quorumClaims;

export const lock: LockModule = {
  name: 'consul',
  summary:
    'Consul: a key acquired by a session of its own; woken by blocking queries; the index of the grant as fencing token.',
  backend: 'consul',
  topologies: ['3-node quorum', 'single'],
  claims,
  // Sessions take twice their time to live to end, and begin anew when another server leads.
  recoverMs: 8000,
  roundTrips: 2,
  connect: (context) => connectConsul(context, (options) => new ConsulLock(options)),
};
