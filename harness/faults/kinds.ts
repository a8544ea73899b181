/** How each hazard is brought about. */
import { clientClockJump, clientCrash, clientPause } from './client.ts';
import type { DisturbingHazard, FaultKind } from './fault.ts';
import { blackHole, delay, partition, reset } from './network.ts';
import { failover, serverClockJump, serverCrash, serverPause } from './server.ts';

export const FAULT_KINDS: Readonly<Record<DisturbingHazard, FaultKind>> = {
  latency: delay,
  'slow-node': delay,
  'late-request': delay,
  reset,
  'lost-reply': blackHole,
  'client-partition': blackHole,
  'minority-partition': partition,
  'majority-partition': partition,
  'client-pause': clientPause,
  'client-crash': clientCrash,
  'client-clock-jump': clientClockJump,
  'server-pause': serverPause,
  'server-crash': serverCrash({ keepData: true }),
  'server-crash-volatile': serverCrash({ keepData: false }),
  failover,
  'clock-jump': serverClockJump,
  'clock-jump-back': serverClockJump,
  'clock-jump-majority': serverClockJump,
};
