/** One server's part in replication: a primary that feeds its replicas, or a replica that follows a primary. */
import type { Surroundings } from '../../../network/node.ts';
import { hostOf, PORT } from '../../../network/network.ts';
import type { Mesh } from '../../quorum/mesh.ts';
import type { Entry } from '../keyspace.ts';
import type { Reply } from '../reply.ts';
import type { RedisServer } from '../server.ts';
import { Feed, type Batch, type Follower } from './feed.ts';

/** A replica looks this often whether its link to the primary is one still. */
const LOOK_EVERY_MS = 1000;

export class Replication implements Follower {
  readonly self: number;
  readonly feed: Feed;
  readonly #around: Surroundings;
  readonly #mesh: Mesh;
  readonly #redis: RedisServer;
  #peers: readonly Replication[] = [];
  #primary: number | undefined;
  /** The number under which it asked its primary for data, the last time. */
  #link = 0;
  #isLinked = false;
  /** When it was linked, the last time it looked. */
  #linkedAtMs = -Infinity;

  constructor(self: number, around: Surroundings, mesh: Mesh, redis: RedisServer, lagMs: number) {
    this.self = self;
    this.#around = around;
    this.#mesh = mesh;
    this.#redis = redis;
    this.feed = new Feed(self, around, mesh, lagMs);
  }

  meet(peers: readonly Replication[]): void {
    this.#peers = peers;
    this.feed.meet(peers);
  }

  /** Whom it follows; `undefined`: it is a primary itself. */
  get primary(): number | undefined {
    return this.#primary;
  }

  /** It has loaded the data of its primary, which has not told it otherwise since. */
  get isLinked(): boolean {
    return this.#isLinked;
  }

  /** What it says of itself when asked. */
  get word(): { readonly primary: number | undefined; readonly isLinked: boolean; readonly offset: number } {
    return { primary: this.#primary, isLinked: this.#isLinked, offset: this.offset };
  }

  /** For how long it has heard nothing of its primary. */
  get unlinkedMs(): number {
    return this.#isLinked ? 0 : this.#around.nowMs() - this.#linkedAtMs;
  }

  get offset(): number {
    return this.feed.offset;
  }

  /** Begins, at first and after a crash. */
  begin(primary: number | undefined): void {
    this.#primary = primary;
    this.#redis.keys.keepsExpired = primary !== undefined;
    this.feed.crash();
    this.#ask();
    this.#look();
  }

  /** All that was done is forgotten. */
  forget(): void {
    this.feed.offset = 0;
  }

  follow(primary: number | undefined): void {
    const before = this.#primary;
    if (before === primary) return;
    if (before === undefined) this.feed.end();
    else this.#tell(before, (peer) => peer.feed.close(this.self, this.#link));
    this.#primary = primary;
    this.#redis.keys.keepsExpired = primary !== undefined;
    this.#ask();
  }

  /** A replica asks for its data. */
  serve(replica: number, link: number): void {
    if (this.#primary === undefined) this.feed.open(replica, link, () => this.#redis.keys.copies());
  }

  load(primary: number, link: number, offset: number, entries: readonly (readonly [string, Entry])[]): void {
    if (!this.#isMine(primary, link)) return;
    this.#isLinked = true;
    this.feed.offset = offset;
    this.#redis.keys.clear();
    this.#redis.imitate(entries.map(([key, entry]) => ({ f: 'key', key, entry })));
    this.#confirm(primary);
  }

  receive(primary: number, link: number, from: number, batches: readonly Batch[]): void {
    if (!this.#isMine(primary, link)) return this.#tell(primary, (peer) => peer.feed.close(this.self, link));
    const known = this.feed.offset - from;
    if (!this.#isLinked || known < 0) return;
    for (const batch of batches.slice(known)) {
      this.#redis.imitate(batch);
      this.feed.offset += 1;
    }
    this.#confirm(primary);
  }

  dropped(primary: number, link: number): void {
    if (this.#isMine(primary, link)) this.#ask();
  }

  /** As `INFO replication` has it. */
  info(): string {
    const lines =
      this.#primary === undefined
        ? ['role:master', `connected_slaves:${this.feed.replicas.length}`]
        : [
            'role:slave',
            `master_host:${hostOf(this.#primary)}`,
            `master_port:${PORT}`,
            `master_link_status:${this.#isLinked ? 'up' : 'down'}`,
            `slave_repl_offset:${this.offset}`,
            'slave_read_only:1',
          ];
    return [...lines, `master_repl_offset:${this.offset}`, ''].join('\r\n');
  }

  /** As `ROLE` has it. */
  role(): Reply {
    if (this.#primary === undefined) {
      const replicas = this.feed.replicas.map((replica) => [hostOf(replica), String(PORT), String(this.offset)]);
      return ['master', this.offset, replicas];
    }
    return ['slave', hostOf(this.#primary), PORT, this.#isLinked ? 'connected' : 'connect', this.offset];
  }

  #isMine(primary: number, link: number): boolean {
    return this.#primary === primary && this.#link === link;
  }

  #ask(): void {
    if (this.#isLinked) this.#linkedAtMs = this.#around.nowMs();
    this.#isLinked = false;
    const link = (this.#link += 1);
    if (this.#primary !== undefined) this.#tell(this.#primary, (peer) => peer.serve(this.self, link));
  }

  #look(): void {
    if (this.#primary !== undefined) {
      if (this.#isLinked) this.#confirm(this.#primary);
      else this.#ask();
    }
    this.#around.after(LOOK_EVERY_MS, () => this.#look());
  }

  #confirm(primary: number): void {
    const [link, { offset }] = [this.#link, this.feed];
    this.#tell(primary, (peer) => peer.feed.acknowledge(this.self, link, offset));
  }

  #tell(other: number, say: (peer: Replication) => void): void {
    this.#mesh.send(this.self, other, () => {
      const peer = this.#peers[other];
      if (peer !== undefined) say(peer);
    });
  }
}
