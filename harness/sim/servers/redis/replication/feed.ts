/** A primary's part in replication: it tells its replicas what it has done, some time after it has answered. */
import type { Surroundings } from '../../../network/node.ts';
import type { Mesh } from '../../quorum/mesh.ts';
import type { Entry } from '../keyspace.ts';
import type { Effect } from '../place.ts';
import { RedisError, type Reply } from '../reply.ts';

/** What the feed says to a replica. `link` is the number under which it has asked. */
export interface Follower {
  load(primary: number, link: number, offset: number, entries: readonly (readonly [string, Entry])[]): void;
  receive(primary: number, link: number, from: number, batches: readonly Batch[]): void;
  /** The primary knows nothing of such a link. */
  dropped(primary: number, link: number): void;
}

/** Of one command. */
export type Batch = readonly Effect[];

interface Link {
  readonly id: number;
  sent: number;
  acked: number;
  /** It has loaded what it was sent at first. */
  loaded: boolean;
}

interface Waiter {
  readonly offset: number;
  readonly count: number;
  readonly settle: (reply: Reply) => void;
  readonly cancel: () => void;
}

/** A copy of everything is made and sent in so long. */
const COPY_MS = 10;
/** What is not confirmed is sent again, as TCP does. */
const RESEND_MS = 200;

export class Feed {
  /** Commands that have changed something. */
  offset = 0;
  readonly #self: number;
  readonly #around: Surroundings;
  readonly #mesh: Mesh;
  readonly #lagMs: number;
  #followers: readonly Follower[] = [];
  #links = new Map<number, Link>();
  /** The last of all batches: as many as somebody may lack. */
  #log: Batch[] = [];
  #waiters: Waiter[] = [];
  #flushing = false;
  #resending = false;

  /** @param lagMs how long after a command replicas are told of it */
  constructor(self: number, around: Surroundings, mesh: Mesh, lagMs: number) {
    this.#self = self;
    this.#around = around;
    this.#mesh = mesh;
    this.#lagMs = lagMs;
  }

  meet(followers: readonly Follower[]): void {
    this.#followers = followers;
  }

  /** Replicas that have loaded its data. */
  get replicas(): readonly number[] {
    return [...this.#links].filter(([, { loaded }]) => loaded).map(([replica]) => replica);
  }

  append(batch: Batch): void {
    this.offset += 1;
    if (this.#links.size === 0) return;
    this.#log.push(batch);
    if (this.#flushing) return;
    this.#flushing = true;
    this.#around.after(this.#lagMs, () => this.#flush());
  }

  /** A replica wants all there is, and what comes after it. */
  open(replica: number, id: number, copies: () => readonly (readonly [string, Entry])[]): void {
    this.#around.after(COPY_MS, () => {
      const { offset } = this;
      const link = { id, sent: offset, acked: offset, loaded: false };
      this.#links.set(replica, link);
      const entries = copies();
      this.#send(replica, (follower) => follower.load(this.#self, id, offset, entries));
    });
  }

  acknowledge(replica: number, id: number, offset: number): void {
    const link = this.#links.get(replica);
    if (link?.id !== id) return this.#send(replica, (follower) => follower.dropped(this.#self, id));
    link.loaded = true;
    link.acked = Math.max(link.acked, offset);
    this.#trim();
    const ready = this.#waiters.filter((waiter) => this.#confirmed(waiter.offset) >= waiter.count);
    for (const waiter of ready) this.#settle(waiter, this.#confirmed(waiter.offset));
  }

  /** A replica follows another now. */
  close(replica: number, id: number): void {
    if (this.#links.get(replica)?.id === id) this.#links.delete(replica);
  }

  wait(offset: number, count: number, timeoutMs: number, settle: (reply: Reply) => void): void {
    const confirmed = this.#confirmed(offset);
    if (confirmed >= count) return settle(confirmed);
    const late = (): void => this.#settle(waiter, this.#confirmed(offset));
    const cancel = timeoutMs === 0 ? (): void => undefined : this.#around.after(timeoutMs, late);
    const waiter: Waiter = { offset, count, settle, cancel };
    this.#waiters.push(waiter);
  }

  /** It is a primary no more. */
  end(): void {
    const unblocked = new RedisError('UNBLOCKED force unblock from blocking operation, instance state changed');
    for (const waiter of [...this.#waiters]) this.#settle(waiter, unblocked);
    this.crash();
  }

  crash(): void {
    this.#links = new Map();
    this.#log = [];
    this.#waiters = [];
    this.#flushing = false;
    this.#resending = false;
  }

  #flush(): void {
    this.#flushing = false;
    for (const [replica, link] of this.#links) {
      if (link.sent < this.offset) this.#tell(replica, link, link.sent, this.offset);
      link.sent = this.offset;
    }
    this.#resendLater();
  }

  #resendLater(): void {
    if (this.#resending || ![...this.#links.values()].some(({ acked, sent }) => acked < sent)) return;
    this.#resending = true;
    this.#around.after(RESEND_MS, () => {
      this.#resending = false;
      for (const [replica, link] of this.#links) {
        if (link.acked < link.sent) this.#tell(replica, link, link.acked, link.sent);
      }
      this.#resendLater();
    });
  }

  #tell(replica: number, { id }: Link, from: number, to: number): void {
    const first = this.offset - this.#log.length;
    const batches = this.#log.slice(from - first, to - first);
    this.#send(replica, (follower) => follower.receive(this.#self, id, from, batches));
  }

  #send(replica: number, say: (follower: Follower) => void): void {
    this.#mesh.send(this.#self, replica, () => {
      const follower = this.#followers[replica];
      if (follower !== undefined) say(follower);
    });
  }

  #trim(): void {
    const least = Math.min(...[...this.#links.values()].map(({ acked }) => acked));
    const first = this.offset - this.#log.length;
    if (least > first) this.#log = this.#log.slice(least - first);
  }

  #confirmed(offset: number): number {
    return [...this.#links.values()].filter(({ loaded, acked }) => loaded && acked >= offset).length;
  }

  #settle(waiter: Waiter, reply: Reply): void {
    waiter.cancel();
    this.#waiters = this.#waiters.filter((one) => one !== waiter);
    waiter.settle(reply);
  }
}
