/** One server's part in elections: whom it has voted for, who has voted for it, and when it is to stand itself. */
import type { Surroundings } from '../../network/node.ts';

export class Election {
  readonly #self: number;
  readonly #around: Surroundings;
  readonly #electionMs: number;
  #votedFor: number | undefined;
  #votes = new Set<number>();
  #dueAtMs = 0;
  /** When a leader was last heard of. */
  #heardAtMs = 0;

  constructor(self: number, around: Surroundings, electionMs: number) {
    this.#self = self;
    this.#around = around;
    this.#electionMs = electionMs;
  }

  /** In how many milliseconds it is to stand, if it hears of no leader before. */
  get restMs(): number {
    return this.#dueAtMs - this.#around.nowMs();
  }

  /** From now on it waits anew. */
  postpone(): void {
    this.#dueAtMs = this.#around.nowMs() + this.#electionMs + this.#around.random.whole(0, this.#electionMs);
  }

  heardOfLeader(): void {
    this.#heardAtMs = this.#around.nowMs();
    this.postpone();
  }

  /** It may vote again. */
  beginTerm(): void {
    this.#votedFor = undefined;
  }

  /** Collects votes from now on, its own first. */
  canvass(): void {
    this.#votes = new Set([this.#self]);
    this.postpone();
  }

  /** @returns how many have voted for it until now */
  receive(from: number): number {
    this.#votes.add(from);
    return this.#votes.size;
  }

  voteForItself(): void {
    this.#votedFor = this.#self;
  }

  voteFor(candidate: number): void {
    this.#votedFor = candidate;
    this.postpone();
  }

  mayVoteFor(candidate: number): boolean {
    return this.#votedFor === undefined || this.#votedFor === candidate;
  }

  /** Whether a leader that it knows has been heard of so lately that nobody need stand. */
  get isContent(): boolean {
    return this.#around.nowMs() - this.#heardAtMs < this.#electionMs;
  }

  /** It starts again: what it had heard is long ago. */
  crash(): void {
    this.#heardAtMs = -Infinity;
    this.postpone();
  }
}
