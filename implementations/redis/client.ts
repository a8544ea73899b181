import { checkClient } from '../client.ts';

/**
 * What the locks need of a client of `ioredis`, whose `Redis` and `Cluster` are such. Written down here, so that nobody needs
 * that library's types to compile what uses another lock.
 */
export interface RedisClient {
  readonly status: string;
  readonly isCluster?: boolean;
  pipeline(): RedisPipeline;
  eval(script: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
  evalsha(digest: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
  get(key: string): Promise<string | null>;
  pttl(key: string): Promise<number>;
  exists(key: string): Promise<number>;
  hgetall(key: string): Promise<Record<string, string>>;
  zcard(key: string): Promise<number>;
  ping(): Promise<string>;
  pubsub(subcommand: 'NUMSUB', channel: string): Promise<unknown[]>;
  publish(channel: string, message: string): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  /** `-node`: a cluster has lost the connection to one of its nodes. */
  on(event: 'ready' | 'close' | '-node', listener: () => void): unknown;
}

/** Commands that leave together; the reply of each, in their order, is `[error, undefined]` or `[null, reply]`. */
export interface RedisPipeline {
  eval(script: string, keyCount: number, ...keysAndArguments: (string | number)[]): unknown;
  evalsha(digest: string, keyCount: number, ...keysAndArguments: (string | number)[]): unknown;
  exec(): Promise<[error: Error | null, reply: unknown][] | null>;
}

/** One that follows a primary, which can be asked whether its replicas have what was written. */
export interface PrimaryClient extends RedisClient {
  wait(replicas: number, withinMs: number): Promise<number>;
}

const WANTED = 'a client of ioredis (new Redis(…) or new Cluster(…); node-redis has other methods)';

/** @throws TypeError */
export function checkRedisClient(client: unknown): void {
  checkClient(client, ['eval', 'evalsha', 'pipeline', 'pttl', 'on'], WANTED);
}

/** @throws TypeError */
export function checkSubscriber(subscriber: unknown): void {
  checkClient(subscriber, ['subscribe', 'unsubscribe', 'on'], WANTED);
}

/**
 * A connection that subscribes takes no other command, and would fail every one of the lock's; a cluster's client has a
 * connection of its own for that.
 *
 * @throws TypeError when one client is given as both
 */
export function checkApart(clients: readonly RedisClient[], subscribers: readonly (RedisClient | undefined)[]): void {
  const both = clients.find((client) => subscribers.includes(client));
  if (both === undefined || Reflect.get(both, 'isCluster') === true) return;
  throw new TypeError(
    'one client is given as client and as subscriber: a connection that subscribes takes no other command; give client.duplicate() as subscriber',
  );
}
