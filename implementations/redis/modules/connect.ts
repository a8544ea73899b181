/** The clients that the lock modules make for the harness: a healed link is in use again within about 100 ms. */
import { Cluster, Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { z } from 'zod';
import type { LeaseLock } from '../../lease/lease-lock.ts';
import { leaseOptions } from '../../lease/module-options.ts';
import type { ConnectContext, ConnectedLock, Endpoint } from '../../lock.ts';

export const redisOptions = leaseOptions.extend({
  /** Wake waiters by publish and subscribe; without, they poll. */
  wakeUps: z.boolean().default(true),
});

type Client = Redis | Cluster;

/** For one server or several, in the order of the endpoints. */
export interface RedisClients {
  readonly commands: readonly [Client, ...Client[]];
  /** Empty when wake-ups are off. */
  readonly subscribers: readonly Client[];
  /** Ends what is done beside the commands. */
  readonly stop?: () => void;
}

const CONNECT_TIMEOUT_MS = 500;
/** A connection that owes an answer for so long is given up: it may be a black hole, which TCP notices after minutes. */
const SILENCE_MS = 2000;
const LONGEST_RECONNECT_DELAY_MS = 80;
/** How long a connection that is being closed may take to say so before it is destroyed. */
const DISCONNECT_TIMEOUT_MS = 100;
/** How long `connect` waits for servers that do not answer; afterwards the lock reports them, call by call. */
const READY_WITHIN_MS = 2000;

/** How long a Sentinel, or a node that is asked who serves what, may take. */
const DIRECTORY_TIMEOUT_MS = 500;
/** A cluster's layout is read anew this often, for nobody announces it. */
const LAYOUT_EVERY_MS = 500;

const soonAgain = (times: number): number => Math.min(LONGEST_RECONNECT_DELAY_MS, 10 * times);

function optionsFor({ host, port, ...access }: Endpoint): RedisOptions {
  return { host, port, ...accessOptions(access) };
}

function accessOptions({ username, password, tls }: Omit<Endpoint, 'host' | 'port'>): RedisOptions {
  return {
    username,
    password,
    ...(tls === true ? { tls: {} } : {}),
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    retryStrategy: soonAgain,
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

/**
 * The opposite: subscriptions outlive connections, and the first one opens it. Whoever subscribes does so anew; what
 * ioredis 6.0 would send by itself after a reconnection rejects to nobody when the client is closed meanwhile.
 */
const subscriptionsLast: RedisOptions = { lazyConnect: true, maxRetriesPerRequest: null, autoResubscribe: false };

export function connectClients(context: ConnectContext, { wakeUps }: { readonly wakeUps: boolean }): RedisClients {
  const [first, ...others] = context.endpoints;
  if (first === undefined) throw new RangeError('a Redis lock needs at least one endpoint');
  return {
    commands: [open(first, engineDecides), ...others.map((endpoint) => open(endpoint, engineDecides))],
    subscribers: wakeUps ? context.endpoints.map((endpoint) => open(endpoint, subscriptionsLast)) : [],
  };
}

function open(endpoint: Endpoint, more: RedisOptions): Redis {
  return quiet(new Redis({ ...optionsFor(endpoint), ...more }));
}

/** Of the primary that the Sentinels at the endpoints name. User and password of the first endpoint are the servers'. */
export function connectSentinels(
  { endpoints, natMap }: ConnectContext,
  { wakeUps, master }: { readonly wakeUps: boolean; readonly master: string },
): RedisClients & { readonly commands: readonly [Redis] } {
  const [first] = endpoints;
  if (first === undefined) throw new RangeError('a lock behind Sentinels needs at least one endpoint');
  const openPrimary = (more: RedisOptions): Redis =>
    quiet(
      new Redis({
        ...accessOptions(first),
        ...{ sentinels: endpoints.map(({ host, port }) => ({ host, port })), name: master, natMap },
        ...{ sentinelRetryStrategy: soonAgain, sentinelCommandTimeout: DIRECTORY_TIMEOUT_MS },
        // Whether it still is the primary is seen when connecting, and when it refuses a write. (`failoverDetector` would
        // say so earlier, but ioredis 6.0 ends a client for good that it finds connecting.)
        ...{ enableReadyCheck: true, reconnectOnError: (error) => error.message.startsWith('READONLY') },
        ...more,
      }),
    );
  return {
    commands: [openPrimary(engineDecides)],
    subscribers: wakeUps ? [openPrimary(subscriptionsLast)] : [],
  };
}

/** Of the cluster that the endpoints are nodes of. One client does for both: a cluster's subscribes on its own. */
export function connectCluster(
  { endpoints, natMap }: ConnectContext,
  { wakeUps }: { readonly wakeUps: boolean },
): RedisClients {
  const [first] = endpoints;
  if (first === undefined) throw new RangeError('a lock on a cluster needs at least one endpoint');
  const { retryStrategy: _, ...access } = accessOptions(first);
  const cluster = new Cluster(
    endpoints.map(({ host, port }) => ({ host, port })),
    {
      ...{ natMap, clusterRetryStrategy: soonAgain, enableOfflineQueue: false },
      // The engine decides what to repeat.
      ...{ retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 },
      ...{ slotsRefreshTimeout: DIRECTORY_TIMEOUT_MS },
      redisOptions: { ...access, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 },
    },
  );
  // With `slotsRefreshInterval`, ioredis 6.0 goes on reading for ever when it is closed while it reads.
  const reading = setInterval(() => {
    if (cluster.status === 'ready') cluster.refreshSlotsCache();
  }, LAYOUT_EVERY_MS).unref();
  // A command for a node that is still being connected is refused, and by default the first one is what connects it.
  cluster.on('+node', (node: Redis) => {
    if (node.status === 'wait' && node.options.readOnly !== true) node.connect().catch(ignore);
  });
  return { commands: [quiet(cluster)], subscribers: wakeUps ? [cluster] : [], stop: () => clearInterval(reading) };
}

function quiet<Opened extends Client>(client: Opened): Opened {
  // The commands that fail say so; a connection's own errors would otherwise go to the console.
  client.on('error', ignore);
  return client;
}

/** Waits a moment for the servers, and joins the end of the lock with the end of its clients. */
export async function connected(lock: LeaseLock, clients: RedisClients, signal: AbortSignal): Promise<ConnectedLock> {
  const close = async (): Promise<void> => {
    await lock.close();
    await closeClients(clients);
  };
  await untilReady(clients, signal);
  if (signal.aborted) {
    await close();
    signal.throwIfAborted();
  }
  return { lock, close };
}

export async function untilReady({ commands }: RedisClients, signal: AbortSignal): Promise<void> {
  await Promise.all(commands.map((client) => ready(client, signal)));
}

export async function closeClients({ commands, subscribers, stop }: RedisClients): Promise<void> {
  stop?.();
  await Promise.all([...commands, ...subscribers].map(disconnect));
}

/** Resolves when the client, and with a cluster each primary, is connected, its time is up, or the signal aborts. */
async function ready(client: Client, signal: AbortSignal): Promise<void> {
  await isReady(client, signal);
  if (client instanceof Cluster) await Promise.all(client.nodes('master').map((node) => isReady(node, signal)));
}

function isReady(client: Client, signal: AbortSignal): Promise<void> {
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
function disconnect(client: Client): Promise<void> {
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
