/** Which backends can be simulated, and how many servers of each: their models are in `models.ts`. */
import type { Backend, Topology } from 'holdfast-locks';
import { UsageError } from '../../base/errors.ts';
import { nodesOf } from '../../plan/plan.ts';
import { SIMULATED_VERSION } from './redis/version.ts';

export interface Simulated {
  readonly servers: number;
  /** What they say of themselves. */
  readonly version: string;
}

const TOPOLOGIES: Readonly<Partial<Record<Backend, readonly Topology[]>>> = {
  memory: ['single'],
  sqlite: ['single'],
  redis: ['single', '5 independent nodes', 'sentinel', 'cluster'],
  postgres: ['single', 'primary and replica', 'primary and synchronous replica'],
  mariadb: ['single'],
  etcd: ['3-node quorum', 'single'],
  consul: ['3-node quorum', 'single'],
  zookeeper: ['3-node quorum', 'single'],
};

const VERSIONS: Readonly<Partial<Record<Backend, string>>> = {
  redis: SIMULATED_VERSION,
  postgres: '15 (model)',
  mariadb: '10.11 (model)',
  etcd: '3.6 (model)',
  consul: '1.13 (model)',
  zookeeper: '3.8 (model)',
  sqlite: process.versions.sqlite ?? '-',
};

/** Whether a lock on this backend can run in the simulation. */
export function isSimulated(backend: Backend, topology: Topology): boolean {
  return TOPOLOGIES[backend]?.includes(topology) ?? false;
}

/** @throws UsageError that says what is simulated */
export function simulatedOf(backend: Backend, topology: Topology): Simulated {
  if (!isSimulated(backend, topology)) {
    const known = Object.entries(TOPOLOGIES).flatMap(([name, some]) => some.map((one) => `${name} (${one})`));
    throw new UsageError(`${backend} (${topology}) is not simulated yet; simulated are: ${known.join(', ')}`);
  }
  return {
    servers: backend === 'memory' || backend === 'sqlite' ? 0 : nodesOf(topology),
    version: VERSIONS[backend] ?? '-',
  };
}
