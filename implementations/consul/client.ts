/** The part of npm `consul` that the lock uses, several of its clients as one, and what its errors say. */
import { EventEmitter } from 'node:events';
import { checkClient, memberOf, wrongClient } from '../client.ts';
import { OneOfSeveral } from '../lease/one-of-several.ts';
import { impatientAfterMs } from '../lease/request-timeout.ts';
import { LockBackendError, LockOutcomeUnknownError } from '../lock.ts';
import type { LockError } from '../lock.ts';

/** A client of npm `consul`; its types know less of the options than it does. */
export interface ConsulClient {
  readonly session: {
    create(options: object): Promise<unknown>;
    renew(options: object): Promise<unknown>;
    destroy(options: object): Promise<unknown>;
  };
  readonly kv: { get(options: object): Promise<unknown> };
  readonly transaction: { create(operations: object[], options: object): Promise<unknown> };
  destroy(): void;
}

const WANTED = 'clients of npm consul (clients: [new Consul(…)])';
const PARTS = { session: ['create', 'renew', 'destroy'], kv: ['get'], transaction: ['create'] };

/** An answer of the server other than 2xx. */
export class RefusalError extends Error {
  readonly status: number;
  /** Its body, as JSON. */
  readonly details: string;

  constructor(message: string, status: number, cause: unknown) {
    const response: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'response') : undefined;
    const body: unknown = typeof response === 'object' && response !== null ? Reflect.get(response, 'body') : undefined;
    super(message, { cause });
    this.name = 'RefusalError';
    this.status = status;
    this.details = JSON.stringify(body) ?? '';
  }
}

/** Tells a request's own end, to abort it: the client listens for `cancel` on a context. */
export class RequestContext extends EventEmitter {
  /** Makes the client resolve to `[response, value]`. */
  readonly includeResponse = true;

  cancel(): void {
    this.emit('cancel');
  }
}

/** Servers, or agents, of one datacentre: one is asked at a time, and the next after one has failed to answer. */
export class Agents {
  readonly #clients: OneOfSeveral<ConsulClient>;
  #closed = false;

  constructor(clients: readonly [ConsulClient, ...ConsulClient[]]) {
    if (!Array.isArray(clients) || clients.length === 0) throw wrongClient('`clients` is not a list of some', WANTED);
    for (const client of clients) {
      for (const [part, methods] of Object.entries(PARTS)) checkClient(memberOf(client, part), methods, WANTED);
    }
    this.#clients = new OneOfSeveral(clients);
  }

  /**
   * @param timeoutMs the time limit that the question has, `Infinity` if it may take any time; long before it the next question goes to another server
   * @throws RefusalError, LockBackendError (definite: not sent, or refused), LockOutcomeUnknownError
   */
  async ask<T>(timeoutMs: number, question: (client: ConsulClient) => Promise<T>): Promise<T> {
    if (this.#closed) throw new LockBackendError('the lock has been closed', 'definite');
    const asked = this.#clients.current;
    const passOver = (): void => this.#clients.passOver(asked);
    const impatient = timeoutMs === Infinity ? undefined : setTimeout(passOver, impatientAfterMs(timeoutMs));
    try {
      return await question(asked);
    } catch (error) {
      const status = statusOf(error);
      if (status !== undefined && status < 500) throw refusalOf(error, status);
      passOver();
      throw status === undefined ? connectionErrorOf(error) : failureOf(error);
    } finally {
      clearTimeout(impatient);
    }
  }

  close(): void {
    this.#closed = true;
    for (const client of this.#clients.all) client.destroy();
  }
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

function refusalOf(cause: unknown, status: number): RefusalError | LockError {
  if (status === 403) {
    const message =
      'Consul refuses this token: the lock needs session:write on its node and key:write below its prefix';
    return new LockBackendError(message, 'definite', { cause });
  }
  return new RefusalError(messageOf(cause), status, cause);
}

/** The server could not do it; whether anything of it was done is unknown, but for what it refused by its settings. */
function failureOf(cause: unknown): LockError {
  const message = messageOf(cause);
  if (message.includes('Invalid Session TTL')) {
    return new LockBackendError(
      `Consul refuses the session: ${message}: set leastTtlMs to the server's session_ttl_min`,
      'definite',
      { cause },
    );
  }
  return new LockOutcomeUnknownError(`Consul failed: ${message}`, { cause });
}

/** Before there is a connection, nothing was sent. */
function connectionErrorOf(cause: unknown): LockError {
  const syscall: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'syscall') : undefined;
  const message = `Consul did not answer: ${messageOf(cause)}`;
  if (syscall === 'connect' || syscall === 'getaddrinfo') return new LockBackendError(message, 'definite', { cause });
  return new LockOutcomeUnknownError(message, { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
