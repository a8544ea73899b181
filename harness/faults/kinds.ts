/** How each hazard is brought about. */
import { clientClockJump, clientCrash, clientPause } from './client.ts';
import type { DisturbingHazard, FaultKind } from './fault.ts';
import { blackHole, delay, reset } from './network.ts';
import { serverClockJump, serverCrash, serverPause } from './server.ts';

export const FAULT_KINDS: Readonly<Record<DisturbingHazard, FaultKind>> = {
  latency: delay,
  'slow-node': delay,
  'late-request': delay,
  reset,
  'lost-reply': blackHole,
  'client-partition': blackHole,
  'minority-partition': blackHole,
  'majority-partition': blackHole,
  'client-pause': clientPause,
  'client-crash': clientCrash,
  'client-clock-jump': clientClockJump,
  'server-pause': serverPause,
  'server-crash': serverCrash({ keepData: true }),
  'server-crash-volatile': serverCrash({ keepData: false }),
  // The primary is killed; the topology's own machinery promotes another.
  failover: serverCrash({ keepData: true }),
  'clock-jump': serverClockJump,
  'clock-jump-back': serverClockJump,
  'clock-jump-majority': serverClockJump,
};
