/** A replica takes the place of its primary: it waits a little, asks the primaries for their votes, and needs a majority of them. */
import type { Surroundings } from '../../../network/node.ts';
import { NODE_TIMEOUT_MS } from './failures.ts';
import type { Message } from './messages.ts';
import type { View } from './view.ts';

/** Before it stands, for the failure to be known to all; as much again at random, more for those that know less. */
const DELAY_MS = 500;
const RANK_MS = 1000;
const VOTE_WITHIN_MS = Math.max(NODE_TIMEOUT_MS * 2, 2000);
/** Votes for replicas of one primary are so far apart. */
const VOTE_APART_MS = NODE_TIMEOUT_MS * 2;
/** A replica that has heard nothing of its primary for longer does not stand. */
export const OLDEST_MS = 10_000 + NODE_TIMEOUT_MS * 10;

export class Takeover {
  readonly #around: Surroundings;
  #standsAt = -Infinity;
  #asked = false;
  #epoch = 0;
  #votes = new Set<number>();
  /** When it voted for a replica of a primary. */
  readonly #votedAt = new Map<number, number>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** What is to be done by a replica whose primary has failed. */
  proceed(view: View, now: number): 'nothing' | 'ask' | 'take over' {
    const age = now - this.#standsAt;
    if (age > VOTE_WITHIN_MS * 2) {
      this.#standsAt = now + DELAY_MS + this.#around.random.whole(0, DELAY_MS - 1) + rankOf(view) * RANK_MS;
      this.#asked = false;
      this.#votes.clear();
      return 'nothing';
    }
    if (age < 0 || age > VOTE_WITHIN_MS) return 'nothing';
    if (!this.#asked) {
      this.#asked = true;
      view.epoch += 1;
      this.#epoch = view.epoch;
      return 'ask';
    }
    if (this.#votes.size < view.majority) return 'nothing';
    view.me.configEpoch = Math.max(view.me.configEpoch, this.#epoch);
    this.#standsAt = -Infinity;
    return 'take over';
  }

  /** A primary has voted for it. */
  count(view: View, { from, epoch }: Message): void {
    const isVoter = view.voters.some(({ node }) => node === from);
    if (isVoter && epoch >= this.#epoch) this.#votes.add(from);
  }

  /** Whether this node votes for the replica that asks; then it does so for nobody else in this epoch. */
  votesFor(view: View, { from, epoch, configEpoch, shards, primary }: Message, now: number): boolean {
    if (view.me.primary !== undefined || view.shardsOf(view.self).length === 0) return false;
    if (epoch < view.epoch || view.lastVoteEpoch === view.epoch || view.peer(from).primary === undefined) return false;
    if (primary === undefined || view.peer(primary).failing !== 'yes') return false;
    if (now - (this.#votedAt.get(primary) ?? -Infinity) < VOTE_APART_MS) return false;
    const isOlder = (owner: number | undefined): boolean =>
      owner !== undefined && view.peer(owner).configEpoch > configEpoch;
    if (shards.some((shard) => isOlder(view.owners[shard]))) return false;
    this.#votedAt.set(primary, now);
    view.lastVoteEpoch = view.epoch;
    return true;
  }

  crash(): void {
    this.#standsAt = -Infinity;
    this.#votes.clear();
    this.#votedAt.clear();
  }
}

/** How many replicas of the same primary know more. */
function rankOf(view: View): number {
  const { primary, offset } = view.me;
  return primary === undefined ? 0 : view.replicasOf(primary).filter((peer) => peer.offset > offset).length;
}
