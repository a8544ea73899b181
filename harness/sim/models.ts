/** Which servers are simulated, by backend and topology. */
import type { Backend, Topology } from '../../implementations/lock.ts';
import { UsageError } from '../errors.ts';
import type { ServerModel, Surroundings } from './node.ts';
import { RedisServer } from './redis/server.ts';
import { SIMULATED_VERSION } from './redis/version.ts';

export interface Simulated {
  readonly nodes: number;
  /** What it says of itself. */
  readonly version: string;
  readonly make: (surroundings: Surroundings) => ServerModel;
}

const redis = (nodes: number): Simulated => ({
  nodes,
  version: SIMULATED_VERSION,
  make: (surroundings) => new RedisServer(surroundings),
});

const NO_SERVERS: Simulated = {
  nodes: 0,
  version: '-',
  make: ({ unsupported }) => unsupported('a server for a lock that needs none'),
};

const MODELS: Readonly<Partial<Record<Backend, Readonly<Partial<Record<Topology, Simulated>>>>>> = {
  memory: { single: NO_SERVERS },
  redis: { single: redis(1), '5 independent nodes': redis(5) },
};

/** Whether a lock on this backend can run in the simulation. */
export function isSimulated(backend: Backend, topology: Topology): boolean {
  return MODELS[backend]?.[topology] !== undefined;
}

/** @throws UsageError that says what is simulated */
export function simulatedOf(backend: Backend, topology: Topology): Simulated {
  const model = MODELS[backend]?.[topology];
  if (model !== undefined) return model;
  const known = Object.entries(MODELS).flatMap(([name, topologies]) =>
    Object.keys(topologies).map((one) => `${name} (${one})`),
  );
  throw new UsageError(`${backend} (${topology}) is not simulated yet; simulated are: ${known.join(', ')}`);
}
