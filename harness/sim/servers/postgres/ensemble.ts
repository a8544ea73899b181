/** A PostgreSQL primary with one replica, which is promoted when it is told so. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ensemble, Surroundings } from '../../network/node.ts';
import { lagOf } from '../quorum/lag.ts';
import { Mesh } from '../quorum/mesh.ts';
import { Replication } from './replication.ts';
import { PostgresServer } from './server.ts';

const LOOK_EVERY_MS = 20;
const MOST_LOOKS = 500;
/** A promotion takes so long. */
const PROMOTION_MS = 100;

export const withReplica =
  (synchronous: boolean) =>
  (around: readonly Surroundings[]): Ensemble => {
    const mesh = new Mesh(around);
    const manner = { mesh, synchronous, lagMs: lagOf(around) };
    const sides = around.map((one, index) => new Replication(index, one, manner));
    const models = around.map((one, index) => new PostgresServer(one, sides[index]));
    for (const [index, side] of sides.entries()) {
      const [peer, model] = [sides[1 - index], models[index]];
      if (peer !== undefined && model !== undefined) side.meet(peer, model.database);
    }
    for (const side of sides) side.join();
    const primary = (): number => sides.findIndex(({ leads }) => leads);
    return {
      models,
      leader: () => (primary() < 0 ? undefined : primary()),
      isolate: (nodes) => mesh.isolate(nodes),
      form: async () => {
        for (let looks = 0; !sides.some(({ isFollowed }) => isFollowed); looks += 1) {
          if (looks === MOST_LOOKS) around[0]?.unsupported('PostgreSQL: no replica follows the primary');
          await sleep(LOOK_EVERY_MS);
        }
      },
      succession: {
        rejoinsEmpty: true,
        promote: async (_nodes, killed) => {
          await sleep(PROMOTION_MS);
          sides[1 - killed]?.promote();
        },
      },
    };
  };
