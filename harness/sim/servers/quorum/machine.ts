/** What is replicated, and how fast its servers notice that one of them is missing. */

export interface RaftTimes {
  readonly heartbeatMs: number;
  /** A follower waits from this to twice this for a word of its leader. */
  readonly electionMs: number;
  /** A leader that has not heard from a majority for so long steps down. Default `electionMs`. */
  readonly leaderLeaseMs?: number;
}

export interface Machine<Command, Result> {
  /** In the order of the log, on every server. */
  apply(command: Command): Result;
  /** What the leader makes of a proposal of a server before it becomes part of the log. Default: the same. */
  prepare?(command: Command, origin: number): Command;
  /** Forgets everything: the log will be applied anew. */
  reset(): void;
}
