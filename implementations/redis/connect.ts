/** The clients that the lock modules make for the harness: a healed link is in use again within about 100 ms. */
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { z } from 'zod';
import type { LeaseLock } from '../lease/lease-lock.ts';
import type { ConnectContext, ConnectedLock, Endpoint } from '../lock.ts';

/** Options of a lock module, as JSON. What is missing takes the lock's own default. */
export const redisOptions = z.strictObject({
  leaseMs: z.number().min(10).optional(),
  timeoutMs: z.number().min(0).optional(),
  commandTimeoutMs: z.number().min(1).optional(),
  renew: z.boolean().optional(),
  retry: z
    .strictObject({
      delayMs: z.number().min(0).optional(),
      factor: z.number().min(1).optional(),
      maxDelayMs: z.number().min(0).optional(),
      jitter: z.number().min(0).max(1).optional(),
      maxAttempts: z.number().min(1).optional(),
    })
    .optional(),
  /** Wake waiters by publish and subscribe; without, they poll. */
  wakeUps: z.boolean().default(true),
});

/** @throws RangeError naming each field that is wrong. */
export function parseOptions<T>(schema: z.ZodType<T>, options: unknown): T {
  const parsed = schema.safeParse(options);
  if (!parsed.success) throw new RangeError(`options of the lock module: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** For one server or several, in the order of the endpoints. */
export interface RedisClients {
  readonly commands: readonly [Redis, ...Redis[]];
  /** Empty when wake-ups are off. */
  readonly subscribers: readonly Redis[];
}

const CONNECT_TIMEOUT_MS = 500;
/** A connection that owes an answer for so long is given up: it may be a black hole, which TCP notices after minutes. */
const SILENCE_MS = 2000;
const LONGEST_RECONNECT_DELAY_MS = 80;
/** How long a connection that is being closed may take to say so before it is destroyed. */
const DISCONNECT_TIMEOUT_MS = 100;
/** How long `connect` waits for servers that do not answer; afterwards the lock reports them, call by call. */
const READY_WITHIN_MS = 2000;

function optionsFor({ host, port, username, password, tls }: Endpoint): RedisOptions {
  return {
    host,
    port,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === true ? { tls: {} } : {}),
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    retryStrategy: (times) => Math.min(LONGEST_RECONNECT_DELAY_MS, 10 * times),
    // Three round trips less before a new connection can be used; a server that is loading says so in its replies.
    enableReadyCheck: false,
    disableClientInfo: true,
  };
}

/**
 * Neither queued while there is no connection nor sent again after a lost one: the engine decides what to repeat, with a
 * deadline counted from each send. Commands under way when the connection is lost fail at once.
 */
const engineDecides: RedisOptions = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
};

/** The opposite: subscriptions outlive connections, and the first one opens it. */
const subscriptionsLast: RedisOptions = { lazyConnect: true, maxRetriesPerRequest: null };

export function connectClients(context: ConnectContext, { wakeUps }: { readonly wakeUps: boolean }): RedisClients {
  const [first, ...others] = context.endpoints;
  if (first === undefined) throw new RangeError('a Redis lock needs at least one endpoint');
  return {
    commands: [open(first, engineDecides), ...others.map((endpoint) => open(endpoint, engineDecides))],
    subscribers: wakeUps ? context.endpoints.map((endpoint) => open(endpoint, subscriptionsLast)) : [],
  };
}

function open(endpoint: Endpoint, more: RedisOptions): Redis {
  const client = new Redis({ ...optionsFor(endpoint), ...more });
  // The commands that fail say so; a connection's own errors would otherwise go to the console.
  client.on('error', ignore);
  return client;
}

/** Waits a moment for the servers, and joins the end of the lock with the end of its clients. */
export async function connected(lock: LeaseLock, clients: RedisClients, signal: AbortSignal): Promise<ConnectedLock> {
  const close = async (): Promise<void> => {
    await lock.close();
    await Promise.all([...clients.commands, ...clients.subscribers].map(disconnect));
  };
  await Promise.all(clients.commands.map((client) => ready(client, signal)));
  if (signal.aborted) {
    await close();
    signal.throwIfAborted();
  }
  return { lock, close };
}

/** Resolves when the client is connected, its time is up, or the signal aborts. */
function ready(client: Redis, signal: AbortSignal): Promise<void> {
  if (client.status === 'ready' || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      client.off('ready', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, READY_WITHIN_MS);
    client.once('ready', done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Ends a client in whatever state it is, and resolves when its socket is gone. */
function disconnect(client: Redis): Promise<void> {
  if (client.status === 'end') return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    // While it waits to reconnect, ioredis ends without a word.
    const timer = setTimeout(done, DISCONNECT_TIMEOUT_MS * 2);
    client.once('end', done);
    client.disconnect();
  });
}

function ignore(): void {}
