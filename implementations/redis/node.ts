/** One Redis server, asked for locks: names, scripts, and what an error of the client says about the outcome. */
import { LockBackendError, LockOutcomeUnknownError } from '../lock.ts';
import type { Inspection, LockError, ReleaseOutcome } from '../lock.ts';
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { lockScripts } from './scripts.ts';
import type { LockScripts, RedisClient } from './scripts.ts';

/** Braces would end the hash tag that keeps the keys of one lock on one node of a cluster. */
function tagged(key: string): string {
  return /[{}%]/.test(key) ? key.replace(/[{}%]/g, (char) => encodeURIComponent(char)) : key;
}

/** How long the last fence is kept after a grant: longer than any step of a server's clock. */
const FENCE_LIFETIME_MS = 7 * 24 * 3600 * 1000;

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
  readonly #connections: { readonly lost: number };

  constructor(client: RedisClient, options: RedisNodeOptions) {
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
    return this.#fenced
      ? this.#run(
          () => this.#scripts.acquireFenced(2, lockKey, `${lockKey}:fence`, token, leaseMs, FENCE_LIFETIME_MS),
          fencedAnswer,
        )
      : this.#run(() => this.#scripts.acquire(1, lockKey, token, leaseMs), plainAnswer);
  }

  extend({ key, token, leaseMs }: Grant): Promise<'extended' | 'lost'> {
    return this.#run(
      () => this.#scripts.extend(1, this.lockKey(key), token, leaseMs),
      (reply) => (Number(reply) === 1 ? 'extended' : 'lost'),
    );
  }

  free({ key, token, fencingToken }: Grant): Promise<ReleaseOutcome> {
    const connectionsLost = this.#connections.lost;
    const lockKey = this.lockKey(key);
    const channel = `${lockKey}:free`;
    return this.#run(
      () =>
        fencingToken === undefined
          ? this.#scripts.release(1, lockKey, token, channel)
          : this.#scripts.release(2, lockKey, `${lockKey}:fence`, token, channel, String(fencingToken)),
      (reply) => {
        if (Number(reply) === 1) return 'released';
        // The client may have sent it again on a new connection: then the first copy may have deleted the key.
        return Number(reply) === 0 && this.#connections.lost !== connectionsLost ? 'unknown' : 'lost';
      },
    );
  }

  async undo({ key, token }: LeaseRequest, announce: boolean): Promise<void> {
    await this.run(() => this.#scripts.release(1, this.lockKey(key), token, announce ? this.channel(key) : ''));
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

  async probe(): Promise<string | undefined> {
    await this.run(() => this.client.ping());
    return undefined;
  }

  /** Runs commands on the client; their errors become those of the contract. */
  run<T>(commands: () => Promise<T>): Promise<T> {
    return this.#run(commands, (reply) => reply);
  }

  #run<T, R>(commands: () => Promise<T>, read: (reply: T) => R): Promise<R> {
    const connectionsLost = this.#connections.lost;
    if (this.client.status === 'end') {
      // ioredis would reject it anyway, with a message that it also uses for commands that have been sent.
      return Promise.reject(new LockBackendError('the connection to Redis is closed', 'definite'));
    }
    return commands().then(read, (error: unknown) => {
      throw lockErrorOf(error, this.#connections.lost !== connectionsLost);
    });
  }
}

/** Replies of the acquire scripts; as strings where the client is told to (`stringNumbers`). */
function fencedAnswer(reply: unknown): Answer {
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

/** `resent`: the connection was lost in between, so that the answer may be one to a second copy of the command. */
function lockErrorOf(error: unknown, resent: boolean): LockError {
  const cause = error instanceof Error ? error : new Error(String(error));
  if (cause.message.startsWith("Stream isn't writeable and enableOfflineQueue")) {
    return new LockBackendError('there is no connection to Redis', 'definite', { cause });
  }
  // An error reply: the scripts write nothing of consequence before the last command that can fail.
  if (cause.name === 'ReplyError' && !resent) {
    return new LockBackendError(`Redis refused: ${cause.message}`, 'definite', { cause });
  }
  return new LockOutcomeUnknownError(`Redis did not answer: ${cause.message}`, { cause });
}

const connections = new WeakMap<RedisClient, { lost: number }>();

/** Counts how often a client has lost its connection: with one listener, however many locks share the client. */
function connectionsOf(client: RedisClient): { readonly lost: number } {
  let count = connections.get(client);
  if (count === undefined) {
    const counted = { lost: 0 };
    client.on('close', () => {
      counted.lost += 1;
    });
    connections.set(client, counted);
    count = counted;
  }
  return count;
}
