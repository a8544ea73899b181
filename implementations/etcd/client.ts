/** A client of etcd: one server is asked at a time, and the next after one has failed to answer. */
import { OneOfSeveral } from '../lease/one-of-several.ts';
import { impatientAfterMs } from '../lease/request-timeout.ts';
import { LockBackendError, LockOutcomeUnknownError } from '../lock.ts';
import type { LockError } from '../lock.ts';
import { Channel, NoAnswerError, StatusError } from './channel.ts';
import * as messages from './messages.ts';
import type { Condition, Operation, Query, Range, Transaction } from './messages.ts';
import { Received } from './protobuf.ts';
import type { Message } from './protobuf.ts';

export interface EtcdClientOptions {
  /** `http://host:port` or `https://host:port` of each server; the first is asked as long as it answers. */
  readonly endpoints: readonly [string, ...string[]];
  readonly auth?: { readonly username: string; readonly password: string };
}

/** There is no such lease: it has run out or was revoked. */
export class LeaseNotFoundError extends Error {
  constructor(cause: unknown) {
    super('etcd knows no such lease', { cause });
    this.name = 'LeaseNotFoundError';
  }
}

const CODE = { notFound: 5, permissionDenied: 7, exhausted: 8, unavailable: 14, unauthenticated: 16 };
/** Codes of what was refused before anything was done: invalid argument, failed precondition, out of range … */
const REFUSALS: readonly number[] = [3, 6, 9, 11, 12];

/**
 * Every method rejects with a LockBackendError that is definite where nothing was sent, or the server has refused it; with a
 * LockOutcomeUnknownError where nobody knows; and with LeaseNotFoundError. Nothing is sent twice.
 */
export class EtcdClient {
  readonly #channels: OneOfSeveral<Channel>;
  readonly #auth: EtcdClientOptions['auth'];
  #token: Promise<string> | undefined;
  #closed = false;

  constructor({ endpoints: [first, ...others], auth }: EtcdClientOptions) {
    this.#channels = new OneOfSeveral([new Channel(first), ...others.map((url) => new Channel(url))]);
    this.#auth = auth;
  }

  /** @returns the time to live that the server gives it, in seconds: at least what was asked for */
  async grant(id: bigint, ttlSeconds: number, timeoutMs: number): Promise<number> {
    return messages.ttlOf(await this.#call('Lease/LeaseGrant', messages.grantRequest(id, ttlSeconds), timeoutMs));
  }

  /** With every key that depends on it. */
  async revoke(id: bigint, timeoutMs: number): Promise<void> {
    await this.#call('Lease/LeaseRevoke', messages.leaseRequest(id), timeoutMs);
  }

  /** @returns whether there still is such a lease */
  async keepAlive(id: bigint, timeoutMs: number): Promise<boolean> {
    return messages.ttlOf(await this.#call('Lease/LeaseKeepAlive', messages.leaseRequest(id), timeoutMs)) > 0;
  }

  /** @returns what is left of a lease, in seconds; below 0 if there is none */
  async timeToLive(id: bigint, timeoutMs: number): Promise<number> {
    return messages.ttlOf(await this.#call('Lease/LeaseTimeToLive', messages.leaseRequest(id), timeoutMs));
  }

  async transact(
    condition: Condition | undefined,
    whenMet: readonly Operation[],
    whenNot: readonly Operation[],
    timeoutMs: number,
  ): Promise<Transaction> {
    const request = messages.transactionRequest(condition, whenMet, whenNot);
    return messages.transactionOf(await this.#call('KV/Txn', request, timeoutMs));
  }

  /** Linearizable: as of now, with the consent of a majority. */
  async range(query: Query, timeoutMs: number): Promise<Range> {
    return messages.rangeOf(new Received(await this.#call('KV/Range', messages.rangeRequest(query), timeoutMs)));
  }

  /**
   * Calls `wake` once: when the key has changed since `startRevision`, or when the watch has ended for another reason.
   * @returns the function that ends the watch
   */
  watch(key: string, startRevision: bigint, wake: () => void): () => void {
    const channel = this.#channels.current;
    let end = (): void => undefined;
    let ended = false;
    const over = (): void => {
      if (ended) return;
      ended = true;
      end();
      wake();
    };
    this.#headers(1000).then((headers) => {
      if (ended) return;
      end = channel.follow(
        '/etcdserverpb.Watch/Watch',
        messages.watchRequest(key, startRevision),
        headers,
        (message) => {
          if (messages.saysSomething(message)) over();
        },
        over,
      );
    }, over);
    return () => {
      ended = true;
      end();
    };
  }

  close(): void {
    this.#closed = true;
    for (const channel of this.#channels.all) channel.reset();
  }

  async #call(method: string, request: Message, timeoutMs: number): Promise<Buffer> {
    if (this.#closed) throw new LockBackendError('the lock has been closed', 'definite');
    const asked = this.#channels.current;
    const impatient = setTimeout(() => this.#channels.passOver(asked), impatientAfterMs(timeoutMs));
    try {
      const headers = await this.#headers(timeoutMs);
      return await asked.call(`/etcdserverpb.${method}`, request, { headers, timeoutMs });
    } catch (error) {
      if (error instanceof NoAnswerError || (error instanceof StatusError && error.code === CODE.unavailable)) {
        this.#channels.passOver(asked);
      }
      if (error instanceof StatusError && error.code === CODE.unauthenticated) this.#token = undefined;
      throw errorOf(error);
    } finally {
      clearTimeout(impatient);
    }
  }

  async #headers(timeoutMs: number): Promise<Record<string, string>> {
    if (this.#auth === undefined) return {};
    const { username, password } = this.#auth;
    const asked = this.#channels.current;
    this.#token ??= asked
      .call('/etcdserverpb.Auth/Authenticate', messages.authenticationRequest(username, password), {
        headers: {},
        timeoutMs,
      })
      .then(messages.tokenOf);
    try {
      return { token: await this.#token };
    } catch (error) {
      this.#token = undefined;
      if (error instanceof NoAnswerError) this.#channels.passOver(asked);
      // Nothing but the authentication was sent.
      const { message } = error instanceof Error ? error : new Error(String(error));
      throw new LockBackendError(`etcd did not authenticate "${username}": ${message}`, 'definite', { cause: error });
    }
  }
}

function errorOf(error: unknown): Error {
  if (error instanceof NoAnswerError) {
    const message = `etcd did not answer: ${error.message}`;
    if (!error.sent) return new LockBackendError(message, 'definite', { cause: error });
    return new LockOutcomeUnknownError(message, { cause: error });
  }
  if (!(error instanceof StatusError)) return error instanceof Error ? error : new Error(String(error));
  return statusErrorOf(error);
}

function statusErrorOf(error: StatusError): LeaseNotFoundError | LockError {
  const { code, message } = error;
  const refused = (advice: string): LockError =>
    new LockBackendError(`etcd refused: ${message}${advice}`, 'definite', { cause: error });
  if (code === CODE.notFound) return new LeaseNotFoundError(error);
  if (code === CODE.permissionDenied) return refused(': the user needs read and write below the prefix of the lock');
  if (code === CODE.unauthenticated) return refused(': the next request authenticates anew');
  if (code === CODE.exhausted) {
    return refused(message.includes('space') ? ': compact and defragment it, then disarm its NOSPACE alarm' : '');
  }
  if (REFUSALS.includes(code)) return refused('');
  return new LockOutcomeUnknownError(`etcd failed: ${message}`, { cause: error });
}
