/** The leases of a history, each joined from its acquire, its releases and what was observed of it. */

/** When something was seen, and the event that says so. */
export interface Sighting {
  readonly at: number;
  readonly ref: number;
}

export interface Renewal extends Sighting {
  readonly deadline: number;
}

/** All release calls of a lease but those that failed, taken as one: the first call, and the first answer. */
export interface Release {
  readonly outcome: 'released' | 'lost' | 'unknown';
  readonly called: number;
  /** Infinity without an answer. */
  readonly returned: number;
  readonly ref: number;
  readonly answerRef: number;
}

/** Times are nanoseconds; a ref is where to find an event again, -1 for none. */
export interface Lease {
  readonly id: string;
  readonly key: string;
  readonly process: number;
  readonly shared: boolean;
  readonly owner: string | undefined;
  readonly acquire: 'ok' | 'fail' | 'info';
  readonly called: number;
  /** Of any completion of the acquire; Infinity without one. */
  readonly returned: number;
  readonly acquireRef: number;
  readonly answerRef: number;
  readonly fence: bigint | undefined;
  /** As stated with the grant; Infinity when none was. */
  readonly statedDeadline: number;
  /** In force at the end: the stated one, moved by each renewal recorded before the previous one passed. */
  deadline: number;
  /** The last renewal that counted. */
  renewal: Renewal | undefined;
  release: Release | undefined;
  /** The first call of release whatever became of it: from here on its user no longer believes. Infinity for never. */
  letGo: number;
  /** The first loss that its worker observed. */
  lost: Sighting | undefined;
  /** The last moment at which the lock itself said "held". */
  saidHeld: Sighting | undefined;
}

/** Shared leases among themselves, and leases of one owner, may overlap. */
export function mayOverlap(a: Lease, b: Lease): boolean {
  return (a.shared && b.shared) || (a.owner !== undefined && a.owner === b.owner);
}

/** Two answers (or calls) about the release of one lease, as one. */
export function mergeReleases(a: Release | undefined, b: Release): Release {
  if (a === undefined) return b;
  const [first, second] = b.called < a.called ? [b, a] : [a, b];
  const known = [first, second].filter(({ outcome }) => outcome !== 'unknown');
  const answer = known.toSorted((x, y) => x.returned - y.returned)[0] ?? first;
  return { ...answer, called: first.called, ref: first.ref };
}

/**
 * Applies renewals in order of time: one that was recorded after the deadline in force had passed counts for nothing.
 * Of two at the same moment the one that proves less counts as the later.
 */
export function applyRenewals(lease: Lease, renewals: readonly Renewal[]): void {
  lease.deadline = lease.statedDeadline;
  for (const renewal of renewals.toSorted((a, b) => a.at - b.at || b.deadline - a.deadline)) {
    if (renewal.at >= lease.deadline) return;
    lease.deadline = renewal.deadline;
    lease.renewal = renewal;
  }
}
