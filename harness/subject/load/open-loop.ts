/** An open loop: requests begin when they were meant to, whether or not the earlier ones have been served. */
import type { Arrival } from './arrivals.ts';

/** Who can serve one arrival at a time. */
export interface Server {
  serve(key: number, intendedNs: number): Promise<unknown>;
}

export interface OpenLoop {
  /** In order of time. */
  readonly arrivals: readonly Arrival[];
  /** As many arrivals are under way at most. */
  readonly servers: readonly Server[];
  /** Settles at this moment, or at once if it has passed. */
  readonly until: (atNs: number) => Promise<void> | undefined;
  readonly nowNs: () => number;
  readonly over: () => boolean;
  /** Nobody was free for it. */
  readonly onDropped: (arrival: Arrival) => void;
  /** It was begun so much later than meant. */
  readonly onBegun: (arrival: Arrival, lateNs: number) => void;
}

/** Settles when all that was begun has ended. An arrival for which nobody is free is dropped, not put off. */
export async function runOpenLoop(loop: OpenLoop): Promise<void> {
  const { arrivals, servers, until, nowNs, over, onDropped, onBegun } = loop;
  const free = [...servers];
  const underWay = new Set<Promise<unknown>>();
  const trouble: unknown[] = [];
  for (const arrival of arrivals) {
    const waiting = until(arrival.atNs);
    if (waiting !== undefined) await waiting;
    if (over() || trouble.length > 0) break;
    const server = free.pop();
    if (server === undefined) {
      onDropped(arrival);
      continue;
    }
    onBegun(arrival, nowNs() - arrival.atNs);
    const served = server
      .serve(arrival.key, arrival.atNs)
      .catch((error: unknown) => {
        trouble.push(error);
      })
      .finally(() => {
        free.push(server);
        underWay.delete(served);
      });
    underWay.add(served);
  }
  await Promise.all(underWay);
  if (trouble.length > 0) throw trouble[0];
}
