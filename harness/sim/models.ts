/** The models of the servers that `simulated.ts` lists. */
import type { Backend } from '../../implementations/lock.ts';
import type { ServerModel, Surroundings } from './node.ts';
import { RedisServer } from './redis/server.ts';

type Maker = (surroundings: Surroundings) => ServerModel;

const MAKERS: Readonly<Partial<Record<Backend, Maker>>> = {
  redis: (surroundings) => new RedisServer(surroundings),
};

export function makerOf(backend: Backend): Maker {
  const maker = MAKERS[backend];
  if (maker === undefined) throw new Error(`${backend} has no model`);
  return maker;
}
