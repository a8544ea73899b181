/** What a run leaves on servers that are not its own, and its removal. */
import { z } from 'zod';
import { endpointSchema } from '../plan/endpoint-schema.ts';
import { BACKENDS, TOPOLOGIES, type Endpoint } from 'holdfast-locks';
import { layoutOf } from './deployment.ts';
import { proxiesOf, removeProxy } from './servers/toxiproxy.ts';

/** As the harness tells its reaper, through a pipe: there are passwords in it. */
export const tracesSchema = z.object({
  backend: z.enum(BACKENDS),
  topology: z.enum(TOPOLOGIES),
  endpoints: z.array(endpointSchema),
  /** How every name on the servers begins. */
  prefix: z.string(),
  toxiproxy: endpointSchema.optional(),
  /** How the name of every proxy begins. */
  proxies: z.string().optional(),
});
export type Traces = z.infer<typeof tracesSchema>;

/**
 * Proxies first: what they hold back must not arrive after the rest is gone. Idempotent.
 * @throws the first error, after everything else that could be removed is.
 */
export async function removeTraces(traces: Traces): Promise<void> {
  const proxies = await Promise.allSettled([removeOwnProxies(traces)]);
  const names = await Promise.allSettled(traces.endpoints.map((endpoint, node) => removeNames(traces, endpoint, node)));
  const failed = [...proxies, ...names].find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function removeOwnProxies({ toxiproxy, proxies }: Traces): Promise<void> {
  if (toxiproxy === undefined || proxies === undefined) return;
  const ours = (await proxiesOf(toxiproxy)).filter(({ name }) => name.startsWith(proxies));
  await Promise.all(ours.map(({ name }) => removeProxy(toxiproxy, name)));
}

async function removeNames({ backend, topology, prefix }: Traces, endpoint: Endpoint, node: number): Promise<void> {
  const server = layoutOf(backend, topology)?.nodes[node];
  let removed: number;
  do {
    // Until nothing is found: commands that were under way may have arrived since the last look.
    removed = (await server?.removePrefixed?.(endpoint, prefix)) ?? 0;
  } while (removed > 0);
}
