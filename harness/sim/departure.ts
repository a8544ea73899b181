/** The end of processes: a lock can be closed, and then nothing of it keeps its process alive. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Network } from './network/network.ts';
import type { Owner } from './owner.ts';
import { SimTimer } from './timers.ts';
import type { SimWorker } from './worker.ts';
import type { World } from './world.ts';

const CLOSES_WITHIN_MS = 10_000;
const LEAVES_WITHIN_MS = 5000;

/** Closes the locks of all workers that live, and tells the world of each that does not end then. */
export async function leave(world: World, network: Network, workers: readonly SimWorker[]): Promise<void> {
  const leaving = workers.flatMap((worker) => {
    const { living } = worker;
    return living === undefined ? [] : [{ worker, owner: living }];
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
}

function reasonToStay(world: World, network: Network, owner: Owner): string | undefined {
  const socket = network.openOf(owner).find(({ hasRef }) => hasRef);
  if (socket !== undefined) return `closed, but a connection to ${socket.remoteAddress} is open`;
  for (const event of world.pending(owner)) {
    if (event instanceof SimTimer && event.hasRef()) return `closed, but a timer of ${event.delayMs} ms runs`;
  }
  return undefined;
}
