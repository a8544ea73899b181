/**
 * How soon a released lock is held by the next: `npm run bench:handover`, with `-- --impl a,b --rounds 200` for less or more.
 *
 * For every reference lock, on its own servers: from the call of release on one connected lock to the grant on another,
 * which waits and polls only every ten seconds, in round trips. A round trip is the median of uncontended cycles of acquire and
 * release of the waiting lock on another key, taken before each handover, over the round trips of a cycle that the catalogue
 * states (and conformance counts). The median and the quartiles are printed.
 */
import { parseArgs } from 'node:util';
import { catalogue } from '../implementations/catalogue.ts';
import type { ConnectedLock, LockModule } from '../implementations/lock.ts';
import { chooseReal, startDeployment } from '../harness/backends/choose.ts';
import { layoutOf, type Deployment } from '../harness/backends/deployment.ts';
import { Session } from '../harness/backends/session.ts';

const LEASE_MS = 30_000;
const POLL_MS = 10_000;
/** By the time that so many probes have been answered, a waiter's own requests have been answered too. */
const SETTLING_PROBES = 5;

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '200' }, impl: { type: 'string' } },
});
const rounds = Number(flags.rounds);
const wanted = flags.impl?.split(',');

const session = await Session.open();
try {
  console.log(`handover, ${rounds} rounds each: median (quartiles) in round trips of its own uncontended cycle`);
  for (const { module } of catalogue.values()) {
    if (
      wanted === undefined
        ? module.specimen !== undefined || module.backend === 'memory'
        : !wanted.includes(module.name)
    )
      continue;
    if (module.polls) console.log(`  ${module.name.padEnd(28)} has no wake-up: it polls`);
    else await measure(module);
  }
} finally {
  await session.close();
}

async function measure(module: LockModule): Promise<void> {
  const { backend, topologies, name, roundTrips } = module;
  const [topology] = topologies;
  const { signal } = new AbortController();
  const deployment =
    layoutOf(backend, topology) === undefined
      ? undefined
      : await startDeployment(
          session,
          (await chooseReal('auto', backend, topology)).kind,
          { backend, topology, proxies: 0, signal },
          undefined,
        );
  const folder = session.folder(name);
  const [one, other] = await Promise.all([connect(module, deployment, folder), connect(module, deployment, folder)]);
  try {
    const trips: number[] = [];
    const elapsed: number[] = [];
    for (let round = 0; round < rounds + 10; round++) {
      const began = performance.now();
      await (await other.lock.acquire('alone', { leaseMs: LEASE_MS })).release();
      if (round >= 10) trips.push((performance.now() - began) / (roundTrips ?? 2));
      const lease = await one.lock.acquire('handover', { leaseMs: LEASE_MS });
      const granted = other.lock.acquire('handover', { leaseMs: LEASE_MS, timeoutMs: LEASE_MS });
      for (let probe = 0; probe < SETTLING_PROBES; probe++) await other.lock.health();
      const releasedAt = performance.now();
      const released = lease.release();
      const next = await granted;
      // The first rounds open connections and load scripts.
      if (round >= 10) elapsed.push(performance.now() - releasedAt);
      await Promise.all([released, next.release()]);
    }
    const trip = at(trips, 0.5);
    const [low, median, high] = [0.25, 0.5, 0.75].map((share) => (at(elapsed, share) / trip).toFixed(2));
    console.log(
      `  ${name.padEnd(28)} ${String(median).padStart(6)} (${low}–${high})   handover ${(at(elapsed, 0.5) * 1000).toFixed(0)} µs, round trip ${(trip * 1000).toFixed(0)} µs`,
    );
  } finally {
    await Promise.all([one.close(), other.close()]);
    await deployment?.stop();
  }
}

function connect(module: LockModule, deployment: Deployment | undefined, folder: string): Promise<ConnectedLock> {
  const nodes = deployment?.nodes ?? [];
  return module.connect({
    endpoints: (deployment?.entrances ?? []).flatMap((index) => nodes[index]?.endpoint ?? []),
    natMap: Object.fromEntries(nodes.map(({ upstream, endpoint }) => [upstream, endpoint])),
    prefix: session.prefix,
    folder,
    options: { retry: { delayMs: POLL_MS, maxDelayMs: POLL_MS, jitter: 0 } },
    signal: new AbortController().signal,
  });
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
