/** Who serves what: of two primaries that claim the same slots, the one with the greater configuration epoch. */
import type { View } from './view.ts';

/**
 * A primary claims shards. @returns whether all that this node, or its primary, has served is the claimant's by that: it
 * follows the claimant then
 */
export function claim(view: View, claimant: number, configEpoch: number, shards: readonly number[]): boolean {
  if (claimant === view.self) return false;
  const mine = view.me.primary ?? view.self;
  let lost = false;
  for (const shard of shards) {
    const owner = view.owners[shard];
    if (owner === claimant || (owner !== undefined && view.peer(owner).configEpoch >= configEpoch)) continue;
    if (owner === mine) lost = true;
    view.owners[shard] = claimant;
  }
  return lost && view.shardsOf(mine).length === 0;
}

/** Of what somebody claims: what is another's, and whose. */
export function contradiction(view: View, configEpoch: number, shards: readonly number[]): number | undefined {
  return shards
    .map((shard) => view.owners[shard])
    .find((owner) => owner !== undefined && view.peer(owner).configEpoch > configEpoch);
}
