/** One Redis server, asked for locks: names, scripts, and what an error of the client says about the outcome. */
import { LockBackendError, LockOutcomeUnknownError } from '../lock.ts';
import type { Inspection, LockError, ReleaseOutcome } from '../lock.ts';
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { connectionsOf } from './connections.ts';
import { checkRedisClient } from './client.ts';
import type { RedisClient } from './client.ts';
import type { Connections } from './connections.ts';
import { lockScripts } from './scripts.ts';
import type { LockScripts, Script } from './scripts.ts';
import { wakeUpRefusal } from './wake-ups.ts';

/** Braces would end the hash tag that keeps the keys of one lock on one node of a cluster. */
function tagged(key: string): string {
  return /[{}%]/.test(key) ? key.replace(/[{}%]/g, (char) => encodeURIComponent(char)) : key;
}

export interface RedisNodeOptions {
  readonly prefix: string;
  /** Issue a fencing token with each grant. */
  readonly fenced: boolean;
}

export class RedisNode {
  readonly client: RedisClient;
  readonly #prefix: string;
  readonly #fenced: boolean;
  readonly #scripts: LockScripts;
  readonly #connections: Connections;

  constructor(client: RedisClient, options: RedisNodeOptions) {
    checkRedisClient(client);
    this.client = client;
    this.#prefix = options.prefix;
    this.#fenced = options.fenced;
    this.#scripts = lockScripts(client);
    this.#connections = connectionsOf(client);
  }

  lockKey(key: string): string {
    return `${this.#prefix}{${tagged(key)}}`;
  }

  fenceKey(key: string): string {
    return `${this.lockKey(key)}:fence`;
  }

  /** Where a release is announced. */
  channel(key: string): string {
    return `${this.lockKey(key)}:free`;
  }

  attempt({ key, token, leaseMs }: LeaseRequest): Promise<Answer> {
    const lockKey = this.lockKey(key);
    const { acquireFenced, acquire } = this.#scripts;
    return this.#fenced
      ? this.runScript(acquireFenced, fencedAnswer, 2, lockKey, `${lockKey}:fence`, token, leaseMs)
      : this.runScript(acquire, plainAnswer, 1, lockKey, token, leaseMs);
  }

  extend({ key, token, leaseMs }: Grant): Promise<'extended' | 'lost'> {
    return this.runScript(this.#scripts.extend, extensionAnswer, 1, this.lockKey(key), token, leaseMs);
  }

  free({ key, token, fencingToken }: Grant): Promise<ReleaseOutcome> {
    const lockKey = this.lockKey(key);
    const { release } = this.#scripts;
    return fencingToken === undefined
      ? this.runRelease(release, 1, lockKey, token, `${lockKey}:free`)
      : this.runRelease(release, 2, lockKey, `${lockKey}:fence`, token, `${lockKey}:free`, String(fencingToken));
  }

  undo({ key, token }: LeaseRequest, announce: boolean): Promise<void> {
    const channel = announce ? this.channel(key) : '';
    return this.runScript(this.#scripts.release, ignoreReply, 1, this.lockKey(key), token, channel);
  }

  async inspect(key: string): Promise<Inspection> {
    const lockKey = this.lockKey(key);
    const [token, remainingMs, fence] = await this.run(() =>
      Promise.all([this.client.get(lockKey), this.client.pttl(lockKey), this.client.get(`${lockKey}:fence`)]),
    );
    if (token === null) return { key, held: false };
    return {
      key,
      held: true,
      token,
      ...(remainingMs >= 0 ? { remainingMs } : {}),
      ...(fence === null ? {} : { fencingToken: BigInt(fence) }),
    };
  }

  /** How many connections listen to a channel. */
  async listeners(channel: string): Promise<number> {
    const [, present] = await this.run(() => this.client.pubsub('NUMSUB', channel));
    return Number(present);
  }

  /** Says whether the server refuses the wake-ups for which there is a `subscriber`: nothing but speed depends on them. */
  async probe(subscriber?: RedisClient): Promise<string | undefined> {
    await this.run(() => this.client.ping());
    if (subscriber === undefined) return undefined;
    const refusal = await wakeUpRefusal(this.client, subscriber, this.channel('health'));
    return refusal && `wake-ups are refused, so that waiters poll: ${refusal}`;
  }

  /** Runs commands on the client; their errors become those of the contract. */
  async run<T>(commands: () => Promise<T>): Promise<T> {
    const connectionsLost = this.#connections.lost;
    if (this.client.status === 'end') throw connectionClosed();
    try {
      return await commands();
    } catch (error) {
      throw lockErrorOf(error, this.#connections.lost !== connectionsLost);
    }
  }

  /** The same for a script, and reads its reply. */
  runScript<T>(
    script: Script,
    read: (reply: unknown) => T,
    keyCount: number,
    ...keysAndArguments: (string | number)[]
  ): Promise<T> {
    const connectionsLost = this.#connections.lost;
    if (this.client.status === 'end') return Promise.reject(connectionClosed());
    return script.run(keyCount, ...keysAndArguments).then(read, (error: unknown) => {
      if (!isNoScript(error)) throw lockErrorOf(error, this.#connections.lost !== connectionsLost);
      script.forget();
      return this.run(() => script.run(keyCount, ...keysAndArguments)).then(read);
    });
  }

  /** For a script that answers 1 when the very grant was in force, 0 when it did not find the token, -1 otherwise. */
  runRelease(script: Script, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<ReleaseOutcome> {
    const connectionsLost = this.#connections.lost;
    const answer = (reply: unknown): ReleaseOutcome => {
      if (Number(reply) === 1) return 'released';
      // The client may have sent it again on a new connection: then the first copy may have deleted the key.
      return Number(reply) === 0 && this.#connections.lost !== connectionsLost ? 'unknown' : 'lost';
    };
    return this.runScript(script, answer, keyCount, ...keysAndArguments);
  }
}

/** ioredis would reject it anyway, with a message that it also uses for commands that have been sent. */
function connectionClosed(): LockBackendError {
  return new LockBackendError('the connection to Redis is closed', 'definite');
}

function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** Replies of scripts that extend: 1, or 0 when the token is not (or no longer) in force. */
export function extensionAnswer(reply: unknown): 'extended' | 'lost' {
  return Number(reply) === 1 ? 'extended' : 'lost';
}

export function ignoreReply(): void {}

/** Replies of the acquire scripts; as strings where the client is told to (`stringNumbers`). */
export function fencedAnswer(reply: unknown): Answer {
  const fence = Number(reply);
  return fence > 0 ? { kind: 'granted', fencingToken: BigInt(fence) } : busy(fence);
}

function plainAnswer(reply: unknown): Answer {
  return Number(reply) > 0 ? GRANTED : busy(Number(reply));
}

const GRANTED: Answer = { kind: 'granted' };

function busy(reply: number): Answer {
  const remainingMs = -2 - reply;
  // Without expiry (somebody else's doing), the key says nothing about when to ask again.
  return remainingMs >= 0 ? { kind: 'busy', retryAfterMs: remainingMs } : { kind: 'busy' };
}

/** What to do about the refusals that one meets. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^READONLY/, 'this server is a replica: connect to its primary'],
  [/^OOM/, 'the server is out of memory: raise maxmemory, and keep locks apart from what may be evicted'],
  [/^(NOAUTH|WRONGPASS)/, 'check the user name and the password of the client'],
  [
    /^NOPERM/,
    'the user needs the keys and channels that begin with the prefix, +eval, +evalsha, and what the scripts call',
  ],
  [/^MISCONF/, 'the server cannot write its data: free its disk'],
  [/^CLUSTERDOWN/, 'part of the cluster has no primary'],
];

/** What ioredis says instead of sending anything. */
const NOT_CONNECTED = /^(Stream isn't writeable|Cluster isn't ready) and enableOfflineQueue/;

/** `resent`: the connection was lost in between, so that the answer may be one to a second copy of the command. */
function lockErrorOf(error: unknown, resent: boolean): LockError {
  const cause = error instanceof Error ? error : new Error(String(error));
  if (NOT_CONNECTED.test(cause.message)) {
    return new LockBackendError('there is no connection to Redis', 'definite', { cause });
  }
  if (cause.name !== 'ReplyError') {
    return new LockOutcomeUnknownError(`Redis did not answer: ${cause.message}`, { cause });
  }
  const remedy = REMEDIES.find(([refusal]) => refusal.test(cause.message))?.[1];
  const message = `Redis refused: ${cause.message}${remedy === undefined ? '' : ` (${remedy})`}`;
  // The scripts write nothing of consequence before the last command that can fail.
  return resent
    ? new LockOutcomeUnknownError(message, { cause })
    : new LockBackendError(message, 'definite', { cause });
}
