/** A Redis server that is a primary or a replica, as others tell it: `REPLICAOF`, with which Sentinels rule. */
import type { ServerSession } from '../../../network/connection.ts';
import type { ServerModel, Surroundings, Transport } from '../../../network/node.ts';
import type { Mesh } from '../../quorum/mesh.ts';
import type { Place } from '../place.ts';
import { RedisError, type Reply } from '../reply.ts';
import { Member } from './member.ts';

export class ReplicatedServer extends Member implements ServerModel, Place {
  readonly mode = 'standalone';
  /** Called when it is killed. */
  onKilled: () => void = () => undefined;
  /** Whom it follows as long as nobody has told it otherwise. */
  readonly #first: number | undefined;
  readonly #clients = new Map<ServerSession, Transport>();

  constructor(self: number, around: Surroundings, mesh: Mesh, lagMs: number, first: number | undefined) {
    super(self, around, mesh, lagMs);
    this.redis.place = this;
    this.#first = first;
  }

  meet(peers: readonly ReplicatedServer[]): void {
    this.replication.meet(peers.map(({ replication }) => replication));
    this.replication.begin(this.#first);
  }

  connect(transport: Transport): ServerSession {
    const session = this.redis.connect(transport);
    this.#clients.set(session, transport);
    return {
      receive: (chunk) => session.receive(chunk),
      closed: () => {
        this.#clients.delete(session);
        session.closed();
      },
    };
  }

  /** Those who are connected to it notice. */
  killed(): void {
    this.onKilled();
  }

  /** Whom it follows is written down with the data. */
  crash(keepData: boolean): void {
    this.#clients.clear();
    this.redis.crash(keepData);
    if (!keepData) this.replication.forget();
    this.replication.begin(keepData ? this.replication.primary : this.#first);
  }

  /** Follows `primary`, or becomes one; its clients are to find out who is what by connecting anew. */
  become(primary: number | undefined): void {
    this.replication.follow(primary);
    const clients = [...this.#clients];
    this.#clients.clear();
    for (const [session, transport] of clients) {
      session.closed();
      transport.hangUp();
    }
  }

  admit(): void {
    // Every key is its own.
  }

  published(channel: string, message: string): void {
    if (!this.isReplica) this.replication.feed.append([{ f: 'publish', channel, message }]);
  }

  cluster(): Reply {
    throw new RedisError('ERR This instance has cluster support disabled');
  }
}
