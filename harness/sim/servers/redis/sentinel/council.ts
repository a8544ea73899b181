/** What the Sentinels say to each other of the primary: whether it is down, and who is to replace it. */

export interface Question {
  readonly from: number;
  readonly primary: number;
  readonly epoch: number;
  /** Who asks for the vote; absent: only whether it is down is asked. */
  readonly candidate: number | undefined;
}

export interface Answer {
  readonly from: number;
  readonly isDown: boolean;
  readonly vote: Vote | undefined;
}

/** For this Sentinel to carry out the failover of this epoch. */
export interface Vote {
  readonly leader: number;
  readonly epoch: number;
}

interface Opinion {
  isDown: boolean;
  vote: Vote | undefined;
  heardAt: number;
}

const ASK_EVERY_MS = 1000;

export class Council {
  /** Sentinels that must find the primary down. */
  static readonly quorum = 2;
  readonly #self: number;
  readonly #opinions: ReadonlyMap<number, Opinion>;
  /** What it has voted last. */
  #vote: Vote | undefined;

  constructor(self: number, others: readonly number[]) {
    this.#self = self;
    this.#opinions = new Map(others.map((other) => [other, { isDown: false, vote: undefined, heardAt: -Infinity }]));
  }

  get others(): readonly number[] {
    return [...this.#opinions.keys()];
  }

  /** Whom to ask now. What is old is forgotten. */
  due(now: number, forced: boolean): readonly number[] {
    return [...this.#opinions].flatMap(([other, opinion]) => {
      const age = now - opinion.heardAt;
      if (age > ASK_EVERY_MS * 5) Object.assign(opinion, { isDown: false, vote: undefined });
      return forced || age >= ASK_EVERY_MS ? [other] : [];
    });
  }

  hear({ from, isDown, vote }: Answer, now: number): void {
    const opinion = this.#opinions.get(from);
    if (opinion === undefined) return;
    opinion.isDown = isDown;
    opinion.heardAt = now;
    if (vote !== undefined) opinion.vote = vote;
  }

  /** Whether enough others find the primary down, as this one does. */
  get agrees(): boolean {
    return 1 + [...this.#opinions.values()].filter(({ isDown }) => isDown).length >= Council.quorum;
  }

  /** Another primary is watched from now on: what was said was of the one before. */
  reset(): void {
    for (const opinion of this.#opinions.values()) Object.assign(opinion, { isDown: false, vote: undefined });
  }

  /** Gives the vote of an epoch, once. @returns whom it was given to last, and whether that was now */
  vote(
    candidate: number,
    epoch: number,
    current: number,
  ): { readonly vote: Vote | undefined; readonly isNew: boolean } {
    const isNew = (this.#vote?.epoch ?? 0) < epoch && current <= epoch;
    if (isNew) this.#vote = { leader: candidate, epoch };
    return { vote: this.#vote, isNew };
  }

  /** Who has been elected in an epoch, this Sentinel's own vote included. */
  leaderOf(epoch: number, current: number): number | undefined {
    const votes = new Map<number, number>();
    const count = (leader: number): number => {
      const sum = (votes.get(leader) ?? 0) + 1;
      votes.set(leader, sum);
      return sum;
    };
    for (const { vote } of this.#opinions.values()) if (vote?.epoch === current) count(vote.leader);
    const leading = [...votes].toSorted(([, a], [, b]) => b - a).at(0)?.[0];
    const own = this.vote(leading ?? this.#self, epoch, current).vote;
    if (own?.epoch === epoch) count(own.leader);
    const majority = Math.max(Math.floor((this.#opinions.size + 1) / 2) + 1, Council.quorum);
    return [...votes].find(([, sum]) => sum >= majority)?.[0];
  }

  /** Its votes are written down with its configuration. */
  crash(keepVotes: boolean): void {
    this.reset();
    if (!keepVotes) this.#vote = undefined;
  }
}
