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
  readonly outcome: 'released' | 'done' | 'lost' | 'unknown';
  readonly called: number;
  /** Infinity without an answer. */
  readonly returned: number;
  readonly ref: number;
  readonly answerRef: number;
}

/** What an acquire says of its lease. Times are nanoseconds; a ref is where to find an event again, -1 for none. */
export interface Acquire {
  readonly id: string;
  readonly key: string;
  readonly process: number;
  readonly shared: boolean;
  readonly owner: string | undefined;
  readonly acquire: 'ok' | 'fail' | 'info';
  readonly called: number;
  /** Of any completion of the acquire; Infinity without one. */
  readonly returned: number;
  /**
   * When the lock itself was asked and had answered, by the stamps of the process that it runs in: the call and the return
   * of its client where nothing stands between.
   */
  readonly asked: number;
  readonly answered: number;
  readonly acquireRef: number;
  readonly answerRef: number;
  readonly fence: bigint | undefined;
  /** As stated with the grant; Infinity when none was. Where only a length was stated, the earliest that it can be. */
  readonly statedDeadline: number;
  /** Where only a length was stated, the latest that the deadline can be; else the same. */
  readonly latestStatedDeadline: number;
  /** Length that was asked for, and that it has by what the grant says, in nanoseconds; NaN where nothing was said. */
  readonly askedNs: number;
  readonly effectiveNs: number;
  /** How long its client was ready to wait, in nanoseconds; NaN where nothing was said. */
  readonly waitNs: number;
  /** The lock said that this time was over. */
  readonly timedOut: boolean;
}

/** One attempt to acquire and what became of it. Its numbers are in the `LeaseNumbers` that it was made with. */
export class Lease {
  readonly id: string;
  readonly key: string;
  readonly process: number;
  readonly shared: boolean;
  readonly owner: string | undefined;
  readonly acquire: Acquire['acquire'];
  readonly fence: bigint | undefined;
  readonly timedOut: boolean;
  /** The last renewal that counted. */
  renewal: Renewal | undefined;
  /** The first loss that its worker observed. */
  lost: Sighting | undefined;
  /** The last moment at which the lock itself said "held". */
  saidHeld: Sighting | undefined;
  #releaseOutcome: Release['outcome'] | undefined;
  readonly #numbers: LeaseNumbers;
  readonly #row: number;

  constructor(numbers: LeaseNumbers, acquire: Acquire) {
    this.id = acquire.id;
    this.key = acquire.key;
    this.process = acquire.process;
    this.shared = acquire.shared;
    this.owner = acquire.owner;
    this.acquire = acquire.acquire;
    this.fence = acquire.fence;
    this.timedOut = acquire.timedOut;
    this.renewal = undefined;
    this.lost = undefined;
    this.saidHeld = undefined;
    this.#releaseOutcome = undefined;
    this.#numbers = numbers;
    this.#row = numbers.add();
    this.#set(CALLED, acquire.called);
    this.#set(RETURNED, acquire.returned);
    this.#set(ASKED_AT, acquire.asked);
    this.#set(ANSWERED_AT, acquire.answered);
    this.#set(ACQUIRE_REF, acquire.acquireRef);
    this.#set(ANSWER_REF, acquire.answerRef);
    this.#set(STATED_DEADLINE, acquire.statedDeadline);
    this.#set(LATEST_DEADLINE, acquire.latestStatedDeadline);
    this.#set(ASKED, acquire.askedNs);
    this.#set(EFFECTIVE, acquire.effectiveNs);
    this.#set(LET_GO, Infinity);
    this.#set(WAIT, acquire.waitNs);
    this.#set(RELEASES, 0);
  }

  #get(column: number): number {
    return this.#numbers.get(this.#row, column);
  }

  #set(column: number, value: number): void {
    this.#numbers.set(this.#row, column, value);
  }

  get called(): number {
    return this.#get(CALLED);
  }
  get returned(): number {
    return this.#get(RETURNED);
  }
  /** When the lock was asked and had answered by its own stamps: at the call and the return, or within. */
  get asked(): number {
    return this.#get(ASKED_AT);
  }
  get answered(): number {
    return this.#get(ANSWERED_AT);
  }
  get acquireRef(): number {
    return this.#get(ACQUIRE_REF);
  }
  get answerRef(): number {
    return this.#get(ANSWER_REF);
  }
  /** The length that the grant stated; `undefined` where it stated none. */
  get effectiveNs(): number | undefined {
    return stated(this.#get(EFFECTIVE));
  }
  /** The length that was asked for; `undefined` where nothing is said of it. */
  get askedNs(): number | undefined {
    return stated(this.#get(ASKED));
  }

  /** How long its client was ready to wait; `undefined` where nothing is said of it. */
  get waitNs(): number | undefined {
    return stated(this.#get(WAIT));
  }

  /** The latest that the deadline can be that was stated with the grant. */
  get latestStatedDeadline(): number {
    return this.#get(LATEST_DEADLINE);
  }

  /** Calls of release, whatever became of them. */
  get releases(): number {
    return this.#get(RELEASES);
  }

  /** In force at the end: the stated one, moved by each renewal recorded before the previous one passed. */
  get deadline(): number {
    return this.renewal?.deadline ?? this.#get(STATED_DEADLINE);
  }

  /** The latest that `deadline` can be. */
  get latestDeadline(): number {
    return this.renewal?.deadline ?? this.#get(LATEST_DEADLINE);
  }

  /** The first call of release whatever became of it: from here on its user no longer believes. Infinity for never. */
  get letGo(): number {
    return this.#get(LET_GO);
  }

  get releaseOutcome(): Release['outcome'] | undefined {
    return this.#releaseOutcome;
  }

  /** All release calls but those that failed, as one. */
  get release(): Release | undefined {
    return this.#releaseOutcome === undefined
      ? undefined
      : {
          outcome: this.#releaseOutcome,
          called: this.#get(RELEASE_CALLED),
          returned: this.#get(RELEASE_RETURNED),
          ref: this.#get(RELEASE_REF),
          answerRef: this.#get(RELEASE_ANSWER_REF),
        };
  }

  addRelease(release: Release, failed: boolean): void {
    this.#set(LET_GO, Math.min(this.letGo, release.called));
    this.#set(RELEASES, this.releases + 1);
    if (failed) return;
    const merged = mergeReleases(this.release, release);
    this.#releaseOutcome = merged.outcome;
    this.#set(RELEASE_CALLED, merged.called);
    this.#set(RELEASE_RETURNED, merged.returned);
    this.#set(RELEASE_REF, merged.ref);
    this.#set(RELEASE_ANSWER_REF, merged.answerRef);
  }
}

const [CALLED, RETURNED, ACQUIRE_REF, ANSWER_REF, STATED_DEADLINE] = [0, 1, 2, 3, 4];
const [LET_GO, RELEASE_CALLED, RELEASE_RETURNED, RELEASE_REF, RELEASE_ANSWER_REF] = [5, 6, 7, 8, 9];
const [LATEST_DEADLINE, ASKED, EFFECTIVE, ASKED_AT, ANSWERED_AT, WAIT, RELEASES] = [10, 11, 12, 13, 14, 15, 16];
const COLUMNS = 17;
const FIRST_ROWS = 32;

/**
 * The numbers of all leases, outside of the heap: as fields of objects each would be an object of its own, which for
 * millions of leases means gigabytes and minutes of garbage collection.
 */
export class LeaseNumbers {
  #numbers = new Float64Array(FIRST_ROWS * COLUMNS);
  #rows = 0;

  add(): number {
    if (this.#rows * COLUMNS === this.#numbers.length) {
      const larger = new Float64Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#rows += 1;
    return this.#rows - 1;
  }

  get(row: number, column: number): number {
    return this.#numbers[row * COLUMNS + column] ?? NaN;
  }

  set(row: number, column: number, value: number): void {
    this.#numbers[row * COLUMNS + column] = value;
  }
}

const stated = (number: number): number | undefined => (Number.isNaN(number) ? undefined : number);

/** Shared leases among themselves, and leases of one owner, may overlap. */
export function mayOverlap(a: Lease, b: Lease): boolean {
  return (a.shared && b.shared) || (a.owner !== undefined && a.owner === b.owner);
}

/** Two answers (or calls) about the release of one lease, as one. */
function mergeReleases(a: Release | undefined, b: Release): Release {
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
  for (const renewal of renewals.toSorted((a, b) => a.at - b.at || b.deadline - a.deadline)) {
    if (renewal.at >= lease.latestDeadline) return;
    lease.renewal = renewal;
  }
}
