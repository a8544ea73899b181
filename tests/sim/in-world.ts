/** One simulated process with the simulated servers of a backend, for tests of what these answer. */
import type { Backend, Endpoint, Topology } from '../../implementations/lock.ts';
import { runIn } from '../../harness/sim/engine/active.ts';
import { install } from '../../harness/sim/node-api/install.ts';
import { makerOf } from '../../harness/sim/servers/models.ts';
import { Network } from '../../harness/sim/network/network.ts';
import { SimNode, type Ensemble } from '../../harness/sim/network/node.ts';
import { World } from '../../harness/sim/engine/world.ts';

/** To be called before any client library is loaded. */
export { install };

export interface Place {
  readonly endpoints: readonly Endpoint[];
  readonly nodes: readonly SimNode[];
  readonly ensemble: Ensemble;
}

/** Runs `act` as a simulated process, in virtual time. */
export async function inWorld<T>(
  backend: Backend,
  servers: number,
  act: (place: Place) => Promise<T>,
  seed = 1,
  topology: Topology = 'single',
): Promise<T> {
  const world = new World(seed);
  const nodes = Array.from({ length: servers }, (_, index) => new SimNode(world, index));
  const ensemble = makerOf(backend, topology)(nodes.map(({ surroundings }) => surroundings));
  for (const [index, model] of ensemble.models.entries()) nodes[index]?.serve(model);
  const network = new Network(world, nodes, 1, () => undefined);
  const owner = world.owner('client');
  network.attach(owner, 0);
  const outcome = await runIn(world, async () => {
    await ensemble.form?.();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const entrances = ensemble.entrances ?? nodes.keys().toArray();
    const place = { endpoints: entrances.flatMap((index) => nodes[index]?.endpoint ?? []), nodes, ensemble };
    world.post(owner, () => void act(place).then(resolve, reject));
    return promise;
  });
  for (const { kind, error } of world.problems) throw new Error(kind, { cause: error });
  return outcome;
}
