/** All hazards that disturb, in the order in which a round of plans goes through them: what finds most, first. */
import type { Hazard } from 'holdfast-locks/internal/claims';
import type { HazardDefinition } from '../hazard.ts';
import { clientClockJump } from './client-clock-jump.ts';
import { clientCrash } from './client-crash.ts';
import { clientPartition } from './client-partition.ts';
import { clientPause } from './client-pause.ts';
import { clockJumpBack } from './clock-jump-back.ts';
import { clockJumpMajority } from './clock-jump-majority.ts';
import { clockJump } from './clock-jump.ts';
import { failover } from './failover.ts';
import { fullDisk } from './full-disk.ts';
import { lateRequest } from './late-request.ts';
import { latency } from './latency.ts';
import { lostReply } from './lost-reply.ts';
import { majorityPartition } from './majority-partition.ts';
import { minorityPartition } from './minority-partition.ts';
import { readOnlyDisk } from './read-only-disk.ts';
import { reset } from './reset.ts';
import { serverCrashVolatile } from './server-crash-volatile.ts';
import { serverCrash } from './server-crash.ts';
import { serverPause } from './server-pause.ts';
import { slowDisk } from './slow-disk.ts';
import { slowNode } from './slow-node.ts';
import { staleMtime } from './stale-mtime.ts';

export const DISTURBING: readonly HazardDefinition[] = [
  clientPause,
  clientCrash,
  latency,
  clientPartition,
  minorityPartition,
  slowNode,
  lateRequest,
  reset,
  lostReply,
  serverPause,
  serverCrash,
  majorityPartition,
  serverCrashVolatile,
  failover,
  clockJump,
  clockJumpBack,
  clockJumpMajority,
  clientClockJump,
  slowDisk,
  staleMtime,
  readOnlyDisk,
  fullDisk,
];

const BY_NAME: ReadonlyMap<Hazard, HazardDefinition> = new Map(
  DISTURBING.map((definition) => [definition.name, definition]),
);

/** `undefined` for `none`, and for what is no hazard. */
export const findHazard = (name: string): HazardDefinition | undefined => BY_NAME.get(name);

/** @throws Error for `none`, and for what is no hazard. */
export function hazardNamed(name: Hazard): HazardDefinition {
  const definition = BY_NAME.get(name);
  if (definition === undefined) throw new Error(`"${name}" is no hazard that disturbs anything`);
  return definition;
}
