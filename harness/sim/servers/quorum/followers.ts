/** What a leader knows of all servers, itself among them: how far their logs agree with its own, and when each was heard of. */

interface Progress {
  next: number;
  match: number;
  /** The last round of messages that it answered, and when. */
  round: number;
  heardAtMs: number;
}

/** A read that waits until a majority has answered a round that began after it, and until `index` is committed. */
interface Read {
  readonly index: number;
  readonly round: number;
  readonly confirmed: () => void;
}

export class Followers {
  readonly #self: number;
  readonly #progress: ReadonlyMap<number, Progress>;
  #reads: Read[] = [];
  readonly majority: number;

  /** @param nowMs when the leader began to lead @param next its first entry of its own */
  constructor(self: number, servers: readonly number[], next: number, nowMs: number) {
    this.#self = self;
    this.#progress = new Map(servers.map((index) => [index, { next, match: 0, round: 0, heardAtMs: nowMs }]));
    this.majority = Math.floor(servers.length / 2) + 1;
  }

  /** The first entry that it may lack. */
  nextOf(server: number): number {
    return this.#progress.get(server)?.next ?? 1;
  }

  /** Whether a majority has been heard of within so long. */
  inTouch(nowMs: number, withinMs: number): boolean {
    return this.#count(({ heardAtMs }) => nowMs - heardAtMs < withinMs) >= this.majority;
  }

  heardOf(server: number, round: number, nowMs: number): void {
    const progress = this.#progress.get(server);
    if (progress === undefined) return;
    progress.heardAtMs = nowMs;
    progress.round = Math.max(progress.round, round);
  }

  agrees(server: number, match: number): void {
    const progress = this.#progress.get(server);
    if (progress === undefined) return;
    progress.match = Math.max(progress.match, match);
    progress.next = Math.max(progress.next, progress.match + 1);
  }

  /** Its log ends before, or differs: the leader goes back. */
  disagrees(server: number, length: number): void {
    const progress = this.#progress.get(server);
    if (progress !== undefined) progress.next = Math.max(1, Math.min(progress.next - 1, length + 1));
  }

  /** Up to where a majority has the log, whose own part is so long. */
  agreed(length: number): number {
    const matches = [...this.#progress]
      .map(([server, { match }]) => (server === this.#self ? length : match))
      .toSorted((a, b) => b - a);
    return matches[this.majority - 1] ?? 0;
  }

  awaits(read: Read): void {
    this.#reads.push(read);
  }

  /** Answers the reads that can be answered. */
  confirmReads(commit: number): void {
    const isConfirmed = ({ index, round }: Read): boolean =>
      index <= commit && this.#count((one) => one.round >= round) >= this.majority;
    const confirmed = this.#reads.filter(isConfirmed);
    if (confirmed.length === 0) return;
    this.#reads = this.#reads.filter((read) => !confirmed.includes(read));
    for (const read of confirmed) read.confirmed();
  }

  /** The leader itself always counts. */
  #count(holds: (progress: Progress) => boolean): number {
    return [...this.#progress].filter(([server, progress]) => server === this.#self || holds(progress)).length;
  }
}
