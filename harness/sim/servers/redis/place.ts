/** What a server adds to one that stands alone when it has others around it. */
import type { Entry } from './keyspace.ts';
import type { Reply } from './reply.ts';

/** What a command has done, for replicas to do the same: the state of a key, or a message. */
export type Effect =
  | { readonly f: 'key'; readonly key: string; readonly entry: Entry | undefined }
  | { readonly f: 'publish'; readonly channel: string; readonly message: string };

export interface Place {
  readonly mode: 'standalone' | 'cluster';
  /** Clients may not write. */
  readonly isReplica: boolean;
  /** How many of its changes replicas are to be told of, all in all. */
  readonly offset: number;
  /** Before a command. @throws RedisError when it is another's to answer, or nobody's now */
  admit(name: string, args: readonly string[], readsReplica: boolean): void;
  /** After a command that has changed something. */
  wrote(effects: readonly Effect[]): void;
  published(channel: string, message: string): void;
  /** Settles with the number of replicas that have confirmed `offset`: when there are `count`, or after so long. */
  wait(offset: number, count: number, timeoutMs: number, settle: (reply: Reply) => void): void;
  /** The part on replication of `INFO`. */
  info(): string;
  /** The answer to `ROLE`. */
  role(): Reply;
  /** The answer to `CLUSTER …`. @throws RedisError */
  cluster(action: string, args: readonly string[]): Reply;
}
