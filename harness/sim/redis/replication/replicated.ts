/** A Redis server that is a primary or a replica, as others tell it: `REPLICAOF`, with which Sentinels rule. */
import type { ServerSession } from '../../network/connection.ts';
import type { ServerModel, Surroundings, Transport } from '../../node.ts';
import type { Mesh } from '../../quorum/mesh.ts';
import type { Effect, Place } from '../place.ts';
import { RedisError, type Reply } from '../reply.ts';
import { RedisServer } from '../server.ts';
import { Replication } from './replication.ts';

export class ReplicatedServer implements ServerModel, Place {
  readonly mode = 'standalone';
  readonly replication: Replication;
  /** Called when it is killed. */
  onKilled: () => void = () => undefined;
  readonly #redis: RedisServer;
  /** Whom it follows as long as nobody has told it otherwise. */
  readonly #first: number | undefined;
  readonly #clients = new Map<ServerSession, Transport>();

  constructor(self: number, around: Surroundings, mesh: Mesh, lagMs: number, first: number | undefined) {
    this.#redis = new RedisServer(around);
    this.#redis.place = this;
    this.replication = new Replication(self, around, mesh, this.#redis, lagMs);
    this.#first = first;
  }

  meet(peers: readonly ReplicatedServer[]): void {
    this.replication.meet(peers.map(({ replication }) => replication));
    this.replication.begin(this.#first);
  }

  connect(transport: Transport): ServerSession {
    const session = this.#redis.connect(transport);
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
    this.#redis.crash(keepData);
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

  get isReplica(): boolean {
    return this.replication.primary !== undefined;
  }

  get offset(): number {
    return this.replication.offset;
  }

  admit(): void {
    // Every key is its own.
  }

  wrote(effects: readonly Effect[]): void {
    if (!this.isReplica) this.replication.feed.append(effects);
  }

  published(channel: string, message: string): void {
    if (!this.isReplica) this.replication.feed.append([{ f: 'publish', channel, message }]);
  }

  wait(offset: number, count: number, timeoutMs: number, settle: (reply: Reply) => void): void {
    this.replication.feed.wait(offset, count, timeoutMs, settle);
  }

  info(): string {
    return this.replication.info();
  }

  role(): Reply {
    return this.replication.role();
  }

  cluster(): Reply {
    throw new RedisError('ERR This instance has cluster support disabled');
  }
}
