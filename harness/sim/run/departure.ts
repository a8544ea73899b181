/**
 * The end of processes: a lock can be closed, and then nothing of it keeps its process alive, and its servers do not
 * keep more the more it was used.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Network } from '../network/network.ts';
import type { SimNode } from '../network/node.ts';
import type { Owner } from '../engine/owner.ts';
import { SimTimer } from '../engine/timers.ts';
import type { SimWorker } from './worker.ts';
import type { World } from '../engine/world.ts';

const CLOSES_WITHIN_MS = 10_000;
const LEAVES_WITHIN_MS = 5000;
/** Counters and the like may outlast each key that was locked; what is left of each acquisition would be more. */
const LASTING_PER_KEY = 3;

interface Departing {
  readonly world: World;
  readonly network: Network;
  readonly nodes: readonly SimNode[];
  readonly workers: readonly SimWorker[];
  /** How many were locked. */
  readonly keys: number;
}

/** Closes the locks of all workers that live, and tells the world of each that does not end then, and of what is left. */
export async function leave({ world, network, nodes, workers, keys }: Departing): Promise<void> {
  const leaving = workers.flatMap((worker) => {
    const { departing: owner } = worker;
    return owner === undefined ? [] : [{ worker, owner }];
  });
  const blame = (owner: Owner, reason: unknown): void => {
    if (reason !== undefined) world.problems.push({ owner: owner.name, kind: 'does not end', error: reason });
  };
  await Promise.all(
    leaving.map(async ({ worker, owner }) => {
      const closed = worker.close().then(
        () => undefined,
        (error: unknown) => error,
      );
      blame(owner, await Promise.race([closed, sleep(CLOSES_WITHIN_MS, `not closed in ${CLOSES_WITHIN_MS} ms`)]));
    }),
  );
  await sleep(LEAVES_WITHIN_MS);
  for (const { owner } of leaving) blame(owner, reasonToStay(world, network, owner));
  for (const node of nodes) {
    const lasting = node.lasting() ?? [];
    if (lasting.length <= keys * LASTING_PER_KEY) continue;
    const error = `${lasting.length} names of ${keys} keys without an end, such as ${lasting.slice(0, 3).join(', ')}`;
    world.problems.push({ owner: node.owner.name, kind: 'leaves too much behind', error });
  }
}

function reasonToStay(world: World, network: Network, owner: Owner): string | undefined {
  const socket = network.openOf(owner).find(({ hasRef }) => hasRef);
  if (socket !== undefined) return `closed, but a connection to ${socket.remoteAddress} is open`;
  for (const event of world.pending(owner)) {
    if (event instanceof SimTimer && event.hasRef()) return `closed, but a timer of ${event.delayMs} ms runs`;
  }
  return undefined;
}
