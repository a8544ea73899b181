/**
 * A Redis primary with two replicas, and three Sentinels that put a replica in its place. Each server keeps its
 * configuration in its data folder, for Redis and Sentinel write into it who the primary is by now.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from 'holdfast-locks';
import type { Layout } from './layout.ts';
import { withClient } from './redis-client.ts';
import type { NodeContext, ServerDefinition } from './server.ts';

/** The name under which the Sentinels watch the primary; what clients ask them for. */
const SENTINEL_MASTER = 'holdfast';
const DATA_NODES = 3;
const SENTINELS = [3, 4, 5];
const QUORUM = 2;
/** A primary that does not answer for so long is taken for dead. */
const DOWN_AFTER_MS = 1000;
const WATCHING = {
  'down-after-milliseconds': DOWN_AFTER_MS,
  'failover-timeout': 3000,
  'parallel-syncs': DATA_NODES - 1,
} as const;
const ASK_WITHIN_MS = 500;
const LOOK_EVERY_MS = 50;
const LOOK_AGAIN_MS = 1000;

export function sentinelLayout(redis: ServerDefinition): Layout {
  const data: ServerDefinition = {
    ...redis,
    settings: {
      ...redis.settings,
      replicas: '2, asynchronous',
      'down-after-milliseconds': String(DOWN_AFTER_MS),
    },
    files: (node) => ({ 'redis.conf': dataConfiguration(node) }),
    // Where it listens is not where the others find it: containers listen everywhere.
    args: ({ folder, host }) => [`${folder}/redis.conf`, '--bind', host],
  };
  const sentinel: ServerDefinition = {
    ...redis,
    files: (node) => ({ 'sentinel.conf': sentinelConfiguration(node) }),
    args: ({ folder, host }) => [`${folder}/sentinel.conf`, '--sentinel', '--bind', host],
    containerReady: /Sentinel ID is/,
    // It keeps nothing that locks write.
    census: async () => ({}),
    removePrefixed: async () => 0,
  };
  return {
    nodes: [data, data, data, sentinel, sentinel, sentinel],
    entrances: SENTINELS,
    startsAfter: (index) => (index === 0 ? [] : index < DATA_NODES ? [0] : [0, 1, 2]),
    form: untilWatched,
    leader: primaryOf,
  };
}

function dataConfiguration({ index, host, port, folder, nodes }: NodeContext): string {
  const [first] = nodes;
  return lines([
    ...[`port ${port}`, `dir ${folder}`, 'protected-mode no', 'daemonize no'],
    ...['save ""', 'appendonly yes', 'appendfsync no', 'repl-diskless-sync yes', 'repl-diskless-sync-delay 0'],
    // The replicas are found by what they announce; in a network of their own that is also where they come from.
    ...[`replica-announce-ip ${host}`, `replica-announce-port ${port}`],
    ...(index === 0 || first === undefined ? [] : [`replicaof ${first.host} ${first.port}`]),
  ]);
}

function sentinelConfiguration({ host, port, folder, nodes }: NodeContext): string {
  const [first] = nodes;
  return lines([
    ...[`port ${port}`, `dir ${folder}`, 'protected-mode no', 'daemonize no'],
    ...[`sentinel announce-ip ${host}`, `sentinel announce-port ${port}`],
    `sentinel monitor ${SENTINEL_MASTER} ${first?.host} ${first?.port} ${QUORUM}`,
    ...Object.entries(WATCHING).map(([name, value]) => `sentinel ${name} ${SENTINEL_MASTER} ${value}`),
  ]);
}

const lines = (settings: readonly string[]): string => `${settings.join('\n')}\n`;

/** Settles when every Sentinel knows the others, the primary and its replicas. */
async function untilWatched(
  nodes: readonly Endpoint[],
  announced: readonly Endpoint[],
  signal: AbortSignal,
): Promise<void> {
  const until = async (good: () => Promise<boolean>): Promise<void> => {
    while (!(await good())) await sleep(LOOK_EVERY_MS, undefined, { signal });
  };
  const sentinels = SENTINELS.map((index) => nodes[index]).filter((node) => node !== undefined);
  await until(async () => (await followersOf(nodes[0])) === DATA_NODES - 1);
  let lookedAt = performance.now();
  await until(async () => {
    const watched = await Promise.all(sentinels.map(watchedBy));
    const isWhole = (one: Watched | undefined): boolean => one?.flags === 'master' && one.replicas === DATA_NODES - 1;
    if (watched.every((one) => isWhole(one) && one?.others === sentinels.length - 1)) return true;
    if (performance.now() - lookedAt > LOOK_AGAIN_MS) {
      const blind = sentinels.filter((_, index) => !isWhole(watched[index]));
      await Promise.all(blind.map((sentinel) => watchAnew(sentinel, announced[0])));
      lookedAt = performance.now();
    }
    return false;
  });
}

/** One that looked before the replicas were there would by itself look again only after ten seconds. */
async function watchAnew(sentinel: Endpoint, primary: Endpoint | undefined): Promise<void> {
  await ask(sentinel, 'SENTINEL', 'REMOVE', SENTINEL_MASTER);
  await ask(sentinel, 'SENTINEL', 'MONITOR', SENTINEL_MASTER, `${primary?.host}`, `${primary?.port}`, String(QUORUM));
  for (const [name, value] of Object.entries(WATCHING)) {
    await ask(sentinel, 'SENTINEL', 'SET', SENTINEL_MASTER, name, String(value));
  }
}

interface Watched {
  /** `master` alone when nothing is wrong with it. */
  readonly flags: string | undefined;
  readonly replicas: number;
  /** Sentinels that watch it, too. */
  readonly others: number;
}

async function watchedBy(sentinel: Endpoint): Promise<Watched | undefined> {
  const reply = await ask(sentinel, 'SENTINEL', 'MASTER', SENTINEL_MASTER);
  if (!Array.isArray(reply)) return undefined;
  const words = reply.map(String);
  const of = (name: string): string | undefined => words[words.indexOf(name) + 1];
  return { flags: of('flags'), replicas: Number(of('num-slaves')), others: Number(of('num-other-sentinels')) };
}

async function followersOf(node: Endpoint | undefined): Promise<number> {
  if (node === undefined) return 0;
  const role = await ask(node, 'ROLE');
  const [kind, , replicas] = Array.isArray(role) ? (role as unknown[]) : [];
  return kind === 'master' && Array.isArray(replicas) ? replicas.length : 0;
}

/** The one that most Sentinels name, if it takes itself for the primary as well. */
async function primaryOf(nodes: readonly Endpoint[]): Promise<number | undefined> {
  const named = await Promise.all(
    nodes.slice(DATA_NODES).map((node) => ask(node, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', SENTINEL_MASTER)),
  );
  const selves = await Promise.all(nodes.slice(0, DATA_NODES).map(addressOfPrimary));
  const votes = selves.map((self) => named.filter((name) => self !== undefined && String(name) === self).length);
  const leader = votes.findIndex((count) => count >= QUORUM);
  return leader < 0 ? undefined : leader;
}

/** As it announces itself, `host,port`; `undefined` if it is none. */
async function addressOfPrimary(node: Endpoint): Promise<string | undefined> {
  const role = await ask(node, 'ROLE');
  if (!Array.isArray(role) || role[0] !== 'master') return undefined;
  const [, host] = ((await ask(node, 'CONFIG', 'GET', 'replica-announce-ip')) ?? []) as string[];
  const [, port] = ((await ask(node, 'CONFIG', 'GET', 'replica-announce-port')) ?? []) as string[];
  return `${host},${port}`;
}

/** `undefined` from a server that does not answer. */
async function ask(endpoint: Endpoint, ...command: [string, ...string[]]): Promise<unknown> {
  const [name, ...args] = command;
  return withClient(endpoint, ASK_WITHIN_MS, (client) => client.call(name, ...args)).catch(() => undefined);
}
