/** A place in the queue of a lock: the node, and how one learns that it has come to the front. */
import type { Clock } from '../lease/clock.ts';
import { LockBackendError, LockOutcomeUnknownError } from '../lock.ts';
import type { LeaseRequest } from '../lease/backend.ts';
import { EPHEMERAL_SEQUENTIAL, isNoNode } from './client.ts';
import type { ZookeeperStat } from './client.ts';
import { nodeAhead } from './nodes.ts';
import type { LockNode, Naming } from './nodes.ts';
import type { Parents } from './parents.ts';
import type { Session } from './session.ts';
import { Watches } from './watches.ts';
import { longestLeaseMs } from './timeouts.ts';

const NOTHING = Buffer.alloc(0);
/** The parent may be removed as idle, by another client, just when it was made. */
const ATTEMPTS = 5;

export interface Turn {
  /** Before the write that confirmed the place was sent. */
  readonly sentAt: number;
  readonly fencingToken: bigint;
}

/** Where a place is taken. */
export interface Surroundings {
  readonly session: Session;
  readonly clock: Clock;
  readonly parents: Parents;
  readonly parent: string;
  readonly naming: Naming;
}

interface Listing {
  readonly children: readonly string[];
  readonly stat: ZookeeperStat;
}

export class Place {
  readonly session: Session;
  readonly path: string;
  /** The server may have agreed to a session for less than was asked for. */
  readonly leaseMs: number;
  readonly #surroundings: Surroundings;
  readonly #own: Pick<LockNode, 'name' | 'mode'>;
  #ahead: LockNode | undefined;
  #latest: Turn | undefined;
  /** Its turn, if it was found to have come. */
  turn: Turn | undefined;

  private constructor(surroundings: Surroundings, own: Pick<LockNode, 'name' | 'mode'>, leaseMs: number) {
    this.session = surroundings.session;
    this.leaseMs = Math.min(leaseMs, longestLeaseMs(this.session.timeoutMs));
    this.path = `${surroundings.parent}/${own.name}`;
    this.#surroundings = surroundings;
    this.#own = own;
  }

  /**
   * Creates the node and lists all, in one round trip: the server carries out the commands of a session in order.
   * @param givenUp whether the request has been undone: what was sent before is found by that, but nothing may follow
   * @throws LockBackendError (definite: no node is there), LockOutcomeUnknownError
   */
  static async take(surroundings: Surroundings, request: LeaseRequest, givenUp: () => boolean): Promise<Place> {
    const { session, clock, parents, parent, naming } = surroundings;
    const { mode, token, leaseMs } = request;
    const prefix = `${parent}/${naming.prefix(mode, token)}`;
    for (let attempt = 1; ; attempt += 1) {
      if (givenUp()) throw new LockBackendError('the request was given up', 'definite');
      const sentAt = clock.now();
      const [created, listed] = await Promise.allSettled([
        session.run<string>((client, done) => client.create(prefix, NOTHING, EPHEMERAL_SEQUENTIAL, done)),
        list(session, parent),
      ]);
      if (created.status === 'rejected') {
        if (!isNoNode(created.reason) || attempt === ATTEMPTS) throw created.reason;
        await parents.make(session, parent);
        continue;
      }
      if (listed.status === 'rejected') {
        throw new LockOutcomeUnknownError('the queue of the lock cannot be read', { cause: listed.reason });
      }
      const place = new Place(surroundings, { mode, name: created.value.slice(parent.length + 1) }, leaseMs);
      place.#judgeFirst(listed.value, sentAt);
      return place;
    }
  }

  /**
   * Alone, it has the lock, and the change that the parent names is the last before or at this listing: later than any
   * earlier holder's node, earlier than any later one's. Else its own node's zxid must be asked for.
   */
  #judgeFirst({ children, stat }: Listing, sentAt: number): void {
    const queue = this.#surroundings.naming.queue(children);
    this.#ahead = nodeAhead(queue, this.#own);
    if (this.#ahead === undefined && queue.at(-1)?.name === this.#own.name) {
      this.#come({ sentAt, fencingToken: zxidOf(stat.pzxid) });
    }
  }

  /**
   * Whether the turn has come. The write proves that the node, and so the session, still stands with the quorum: a server
   * that is cut off from it goes on answering reads. Without enough signs of life, the turn comes with a later check.
   * @throws TreeError when the node has gone; LockBackendError, LockOutcomeUnknownError: ask again
   */
  async check(patience?: AbortSignal): Promise<void> {
    await this.session.untilSure(this.leaseMs, patience);
    const { clock, naming, parent } = this.#surroundings;
    const sentAt = clock.now();
    const [stat, { children }] = await Promise.all([touch(this.session, this.path), list(this.session, parent)]);
    this.#ahead = nodeAhead(naming.queue(children), this.#own);
    this.#latest = { sentAt, fencingToken: zxidOf(stat.czxid) };
    if (this.#ahead === undefined) this.#come(this.#latest);
  }

  #come(turn: Turn): void {
    if (this.session.outlasts(turn.sentAt, this.leaseMs)) this.turn = turn;
  }

  /** Name of the node that it waits for, as of the last look. */
  get ahead(): string | undefined {
    return this.#ahead?.name;
  }

  /** What its turn would be if it had come with the last check. */
  get latest(): Turn | undefined {
    return this.#latest;
  }

  /** Calls `wake` when the node ahead has gone, or `fail` when it could not be asked. Returns the function that ends it. */
  watch(wake: () => void, fail: (error: unknown) => void): () => void {
    if (this.#ahead !== undefined) {
      return Watches.of(this.session).untilGone(`${this.#surroundings.parent}/${this.#ahead.name}`, wake, fail);
    }
    wake();
    return () => undefined;
  }
}

/** Writes to a node, and answers with what the server knows of it. */
export function touch(session: Session, path: string): Promise<ZookeeperStat> {
  return session.run<ZookeeperStat>((client, done) => client.setData(path, NOTHING, -1, done));
}

export function list(session: Session, path: string): Promise<Listing> {
  return session.run<Listing>((client, done) =>
    client.getChildren(path, (error, children, stat) => done(error, { children, stat })),
  );
}

export function zxidOf(bytes: Buffer): bigint {
  return bytes.readBigInt64BE();
}
