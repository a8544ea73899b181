/** Lost updates behind one door of the resource. */
import type { ResourceUse } from './lock-events.ts';

/** An accepted write that replaced a value that its writer had not read. */
export interface LostUpdate {
  readonly write: ResourceUse;
  /** The writer's own read; `undefined` where it was not recorded. */
  readonly read: ResourceUse | undefined;
  /** The accepted writes in between: those that are lost. At least one, but for a counter that others changed too. */
  readonly between: readonly ResourceUse[];
}

/** By time; of writes at the same moment the one that replaced the smaller value came first, and reads before them. */
function inOrder(uses: readonly ResourceUse[]): ResourceUse[] {
  const rank = { read: 0, write: 1 };
  return uses.toSorted((a, b) => a.at - b.at || rank[a.kind] - rank[b.kind] || a.from - b.from);
}

/**
 * The lost updates among the uses of one key and door. The counter begins with what was first seen of it. O(n log n),
 * and for each lost update one step for each write since the read.
 */
export function lostUpdates(uses: readonly ResourceUse[]): LostUpdate[] {
  const found: LostUpdate[] = [];
  const reads = new Map<string, { readonly use: ResourceUse; readonly writesBefore: number }>();
  const writes: ResourceUse[] = [];
  let current: number | undefined;
  for (const use of inOrder(uses)) {
    if (!use.accepted) continue;
    current ??= use.from;
    if (use.kind === 'read') {
      reads.set(use.lease, { use, writesBefore: writes.length });
      continue;
    }
    if (use.from !== current) {
      const read = reads.get(use.lease);
      found.push({ write: use, read: read?.use, between: writes.slice(read?.writesBefore ?? -1) });
    }
    current = use.to;
    writes.push(use);
  }
  return found;
}
