/** What one cycle asks of the servers: round trips, counted on the wire of a client that nobody disturbs. */
import { isLockError } from 'holdfast-locks';
import { allQuiet, CountingProxy } from '../backends/counting-proxy.ts';
import type { Deployment } from '../backends/deployment.ts';
import type { Session } from '../backends/session.ts';
import type { LockUnderTest } from '../run/request.ts';

const WARM_UP = 3;
const CYCLES = 20;
const LEASE_MS = 2000;
/** What takes longer is no answer that is owed but a wait for a change. */
const ANSWERS_WITHIN_MS = 250;

/**
 * Round trips to all servers of one uncontended acquire and release; `undefined` where there are no servers, and of a lock
 * that fails without any need.
 */
export async function tripsPerCycle(
  session: Session,
  { module, options }: LockUnderTest,
  deployment: Deployment | undefined,
): Promise<number | undefined> {
  if (deployment === undefined) return undefined;
  const { nodes, entrances } = deployment;
  const proxies = await Promise.all(nodes.map(({ endpoint }) => CountingProxy.open(endpoint, module.backend)));
  const reach = nodes.map(({ endpoint }, index) => ({ ...endpoint, ...proxies[index]?.endpoint }));
  const total = (): number => proxies.reduce((sum, { trips }) => sum + trips, 0);
  try {
    const connected = await module.connect({
      endpoints: entrances.flatMap((index) => reach[index] ?? []),
      natMap: Object.fromEntries(reach.map((endpoint, index) => [nodes[index]?.upstream ?? '', endpoint])),
      prefix: `${session.prefix}trips:`,
      folder: session.folder('trips'),
      options,
      signal: new AbortController().signal,
    });
    try {
      const leaseMs = Math.max(LEASE_MS, module.leastLeaseMs ?? 0);
      let before = 0;
      for (let cycle = 0; cycle < WARM_UP + CYCLES; cycle += 1) {
        if (cycle === WARM_UP) before = total();
        const lease = await connected.lock.acquire('cost', { leaseMs, timeoutMs: leaseMs });
        await allQuiet(proxies, ANSWERS_WITHIN_MS);
        await lease.release();
        await allQuiet(proxies, ANSWERS_WITHIN_MS);
      }
      return (total() - before) / CYCLES;
    } catch (error) {
      if (isLockError(error)) return undefined;
      throw error;
    } finally {
      await connected.close();
    }
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.close()));
  }
}
