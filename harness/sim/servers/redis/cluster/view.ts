/** What one node of a cluster knows of all of them: who follows whom, who serves what, and who seems to have failed. */
import { SHARDS } from './slots.ts';

/** A node as another knows it. Times are of the other's wall clock. */
export interface Peer {
  readonly node: number;
  /** Whom it follows; `undefined`: it is a primary. */
  primary: number | undefined;
  /** Of two that claim the same slots, the one with the greater has them. */
  configEpoch: number;
  offset: number;
  failing: 'no' | 'perhaps' | 'yes';
  failedAt: number;
  /** Which primaries have said, and when, that it fails. */
  readonly reports: Map<number, number>;
  /** The oldest ping without an answer. */
  pingedAt: number | undefined;
  answeredAt: number;
  heardAt: number;
}

export class View {
  readonly self: number;
  readonly peers: readonly Peer[];
  /** By shard. */
  readonly owners: (number | undefined)[];
  epoch = 0;
  lastVoteEpoch = 0;

  constructor(self: number, nodes: number) {
    this.self = self;
    this.owners = Array.from({ length: SHARDS }, () => undefined);
    this.peers = Array.from({ length: nodes }, (_, node) => ({
      ...{ node, primary: undefined, configEpoch: 0, offset: 0, failing: 'no', failedAt: 0 },
      ...{ reports: new Map(), pingedAt: undefined, answeredAt: 0, heardAt: 0 },
    }));
  }

  /** The first primaries, each with its shard and its replica. */
  static formed(self: number, nodes: number): View {
    const view = new View(self, nodes);
    for (const peer of view.peers) {
      const ofShard = peer.node % SHARDS;
      peer.primary = peer.node < SHARDS ? undefined : ofShard;
      peer.configEpoch = ofShard + 1;
      if (peer.node < SHARDS) view.owners[ofShard] = peer.node;
    }
    view.epoch = nodes;
    return view;
  }

  peer(node: number): Peer {
    const peer = this.peers[node];
    if (peer === undefined) throw new Error(`a cluster has no node ${node}`);
    return peer;
  }

  get me(): Peer {
    return this.peer(this.self);
  }

  get others(): readonly Peer[] {
    return this.peers.filter(({ node }) => node !== this.self);
  }

  shardsOf(node: number): readonly number[] {
    return this.owners.flatMap((owner, shard) => (owner === node ? [shard] : []));
  }

  replicasOf(primary: number): readonly Peer[] {
    return this.peers.filter((peer) => peer.primary === primary);
  }

  /** Primaries that serve something. */
  get voters(): readonly Peer[] {
    return this.peers.filter(({ node, primary }) => primary === undefined && this.owners.includes(node));
  }

  /** So many of them decide. */
  get majority(): number {
    return Math.floor(this.voters.length / 2) + 1;
  }

  /** A restarted node thinks well of all others. */
  restart(now: number): void {
    for (const peer of this.peers) {
      peer.failing = 'no';
      peer.reports.clear();
      peer.pingedAt = undefined;
      peer.answeredAt = now;
      peer.heardAt = now;
    }
  }
}
