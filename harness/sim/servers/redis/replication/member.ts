/** A server that has replicas, or is one, whoever decides which. */
import type { Surroundings } from '../../../network/node.ts';
import type { Mesh } from '../../quorum/mesh.ts';
import type { Effect } from '../place.ts';
import type { Reply } from '../reply.ts';
import { RedisServer } from '../server.ts';
import { Replication } from './replication.ts';

export abstract class Member {
  readonly replication: Replication;
  protected readonly redis: RedisServer;

  constructor(self: number, around: Surroundings, mesh: Mesh, lagMs: number) {
    this.redis = new RedisServer(around);
    this.replication = new Replication(self, around, mesh, this.redis, lagMs);
  }

  get isReplica(): boolean {
    return this.replication.primary !== undefined;
  }

  get offset(): number {
    return this.replication.offset;
  }

  wrote(effects: readonly Effect[]): void {
    if (!this.isReplica) this.replication.feed.append(effects);
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
}
