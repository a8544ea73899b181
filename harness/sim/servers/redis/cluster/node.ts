/** One node of a Redis Cluster. */
import type { ServerSession } from '../../../network/connection.ts';
import { hostOf, PORT } from '../../../network/network.ts';
import type { ServerModel, Surroundings, Transport } from '../../../network/node.ts';
import type { Mesh } from '../../quorum/mesh.ts';
import { isWrite, keysOf } from '../flags.ts';
import type { Place } from '../place.ts';
import { RedisError, type Reply } from '../reply.ts';
import { Member } from '../replication/member.ts';
import { Bus } from './bus.ts';
import { describeCluster } from './describe.ts';
import { Load } from './load.ts';
import { SHARDS, shardOf, slotOf } from './slots.ts';
import { View } from './view.ts';

export class ClusterNode extends Member implements ServerModel, Place {
  readonly mode = 'cluster';
  readonly self: number;
  readonly bus: Bus;
  readonly load: Load;
  readonly #around: Surroundings;

  constructor(self: number, around: Surroundings, mesh: Mesh, lagMs: number) {
    super(self, around, mesh, lagMs);
    this.self = self;
    this.#around = around;
    this.redis.place = this;
    this.load = new Load(around);
    this.bus = new Bus(around, mesh, this.replication, (channel, message) => this.redis.hear(channel, message));
  }

  meet(peers: readonly ClusterNode[]): void {
    this.replication.meet(peers.map(({ replication }) => replication));
    this.bus.meet(peers.map(({ bus }) => bus));
    this.#begin(undefined);
  }

  /** It is a node of a new cluster. */
  join(nodes: number): void {
    const view = View.formed(this.self, nodes);
    this.bus.begin(view);
    this.replication.follow(view.me.primary);
  }

  connect(transport: Transport): ServerSession {
    return this.redis.connect(transport);
  }

  /** What it knows of the cluster is written down with the data. */
  crash(keepData: boolean): void {
    this.redis.crash(keepData);
    this.load.crash();
    if (!keepData) this.replication.forget();
    this.#begin(keepData ? this.bus.view : undefined);
  }

  #begin(view: View | undefined): void {
    this.replication.begin(view?.me.primary);
    this.bus.begin(view);
    this.bus.run();
  }

  /** Nothing is wrong by its lights, and it has its primary's data. */
  get isWhole(): boolean {
    const { view } = this.bus;
    const isFed = this.isReplica ? this.replication.isLinked : this.replication.feed.replicas.length > 0;
    return isFed && this.bus.health.isOk && view !== undefined && view.peers.every(({ failing }) => failing === 'no');
  }

  admit(name: string, args: readonly string[], readsReplica: boolean): void {
    this.load.count();
    const keys = keysOf(name, args);
    const [first] = keys;
    if (first === undefined) return;
    const slot = slotOf(first);
    const { view } = this.bus;
    const owner = view?.owners[shardOf(slot)];
    if (owner === undefined) throw new RedisError('CLUSTERDOWN Hash slot not served');
    if (keys.some((key) => slotOf(key) !== slot)) {
      throw new RedisError("CROSSSLOT Keys in request don't hash to the same slot");
    }
    if (!this.bus.health.isOk) throw new RedisError('CLUSTERDOWN The cluster is down');
    const isMine = owner === this.self || (readsReplica && owner === this.replication.primary && mayRead(name));
    if (!isMine) throw new RedisError(`MOVED ${slot} ${hostOf(owner)}:${PORT}`);
  }

  /** To all, not only to replicas. */
  published(channel: string, message: string): void {
    this.bus.publish(channel, message);
  }

  cluster(action: string, args: readonly string[]): Reply {
    const { view = new View(this.self, SHARDS * 2), health } = this.bus;
    const reply = describeCluster(action, args, view, health.isOk);
    return reply ?? this.#around.unsupported(`CLUSTER ${action} of Redis is not simulated`);
  }
}

/** Scripts may be read-only: what they write is refused when they do. */
const mayRead = (name: string): boolean => name.startsWith('EVAL') || !isWrite(name);
