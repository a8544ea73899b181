import type { RedisClient } from './client.ts';

/** How often a client has lost its connection, or one of those to the nodes of a cluster. */
export interface Connections {
  readonly lost: number;
}

const counts = new WeakMap<RedisClient, { lost: number }>();

/** Counts with one listener, however many locks share the client. */
export function connectionsOf(client: RedisClient): Connections {
  let count = counts.get(client);
  if (count === undefined) {
    const counted = { lost: 0 };
    for (const event of ['close', '-node'] as const) {
      client.on(event, () => {
        counted.lost += 1;
      });
    }
    counts.set(client, counted);
    count = counted;
  }
  return count;
}
