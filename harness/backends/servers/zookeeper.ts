/** ZooKeeper, alone or as an ensemble; asked by its four-letter words. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import zookeeper, { type Client, type Exception } from 'node-zookeeper-client';
import { pathOf } from 'holdfast-locks/internal/zookeeper/nodes';
import type { Endpoint, Topology } from 'holdfast-locks';
import { afterWriting } from './container-files.ts';
import { several, single, type Layout } from './layout.ts';
import type { NodeContext, ServerDefinition } from './server.ts';

/** Where Debian has it, and where the published image does. */
const JARS = ['/usr/share/java/zookeeper.jar', '/apache-zookeeper-3.8.4-bin/lib/*'];
const TICK_MS = 200;
const ASK_WITHIN_MS = 1000;

/**
 * A session times out between its timeout and one tick later. Transactions are flushed to the disk before they are
 * acknowledged (`forceSync`, the default).
 */
const configuration = (node: NodeContext): string =>
  [
    `tickTime=${TICK_MS}`,
    'initLimit=10',
    'syncLimit=5',
    `dataDir=${node.folder}`,
    `clientPort=${node.port}`,
    `clientPortAddress=${node.host}`,
    'admin.enableServer=false',
    '4lw.commands.whitelist=*',
    `minSessionTimeout=${2 * TICK_MS}`,
    'maxSessionTimeout=60000',
    'maxClientCnxns=0',
    ...(node.nodes.length > 1
      ? node.nodes.map(({ index, host, ports: [peer, election] }) => `server.${index + 1}=${host}:${peer}:${election}`)
      : []),
    '',
  ].join('\n');

const files = (node: NodeContext): Record<string, string> => ({
  'zoo.cfg': configuration(node),
  myid: `${node.index + 1}\n`,
});

const args = ({ folder }: NodeContext): string[] => [
  ...['-Xmx96m', '-Xms32m', '-Xss512k', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'],
  ...['-cp', JARS.join(':'), 'org.apache.zookeeper.server.quorum.QuorumPeerMain', `${folder}/zoo.cfg`],
];

export const zookeeperServer: ServerDefinition = {
  name: 'zookeeper',
  image: 'zookeeper:3.8.4',
  containerPort: 2181,
  containerCommand: 'sh',
  // Debian's logs nothing but that it has nothing to log with; that it serves is asked.
  containerReady: /SLF4J|binding to port/,
  native: { command: 'java', needs: [JARS[0] ?? ''], source: { kind: 'debian', package: 'zookeeper' } },
  extraPorts: 2,
  settings: { tickTime: `${TICK_MS} ms`, forceSync: 'yes' },
  args,
  files,
  containerArgs: (node) => afterWriting(node.folder, files(node), ['java', ...args(node)]),
  probe: async (endpoint, timeoutMs) => {
    const answer = await ask(endpoint, 'srvr', timeoutMs);
    const version = /Zookeeper version: ([\d.]+)/.exec(answer)?.[1];
    if (version === undefined) throw new Error(answer.trim() || 'no answer');
    return version;
  },
  fakeClock: { preload: ['/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'] },
  clockMs: (endpoint) =>
    withClient(endpoint, async (client) => {
      // When this session's connection was made, by the wall clock of the server.
      const session = client.getSessionId().readBigInt64BE().toString(16);
      const line = (await ask(endpoint, 'cons', ASK_WITHIN_MS))
        .split('\n')
        .find((one) => one.includes(`sid=0x${session},`));
      const established = /\best=(\d+)/.exec(line ?? '')?.[1];
      if (established === undefined) throw new Error('the server does not show this connection');
      return Number(established);
    }),
  census: async (endpoint, prefix) => {
    const [watches, connections] = await Promise.all([
      ask(endpoint, 'wchs', ASK_WITHIN_MS),
      ask(endpoint, 'cons', ASK_WITHIN_MS),
    ]);
    const nodes = await withClient(endpoint, async (client) => {
      const tops = await topsUnder(client, prefix);
      const children = await Promise.all(tops.map((top) => childrenOf(client, top)));
      return tops.length + children.flat().length;
    });
    return {
      nodes,
      watches: Number(/Total watches:(\d+)/.exec(watches)?.[1] ?? 0),
      sessions: connections.split('\n').filter((line) => line.includes('sid=0x')).length,
    };
  },
  removePrefixed: (endpoint, prefix) =>
    withClient(endpoint, async (client) => {
      const tops = await topsUnder(client, prefix);
      for (const top of tops) {
        const paths = [...(await childrenOf(client, top)).map((child) => `${top}/${child}`), top];
        for (const path of paths) await answered<void>((done) => client.remove(path, done)).catch(ignoreMissing);
      }
      return tops.length;
    }),
};

export const zookeeperLayouts: Readonly<Partial<Record<Topology, Layout>>> = {
  single: single(zookeeperServer),
  '3-node quorum': {
    ...several(zookeeperServer, 3),
    leader: async (nodes) => {
      const modes = await Promise.all(nodes.map((node) => ask(node, 'srvr', ASK_WITHIN_MS).catch(() => '')));
      const leader = modes.findIndex((answer) => /Mode: leader/.test(answer));
      return leader < 0 ? undefined : leader;
    },
  },
};

/** @throws when it is not answered in full within the time */
async function ask({ host, port }: Endpoint, word: string, timeoutMs: number): Promise<string> {
  const socket = connect(port, host);
  const late = setTimeout(() => socket.destroy(new Error(`no answer to "${word}"`)), timeoutMs);
  try {
    socket.write(word);
    return await text(socket);
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}

async function withClient<T>({ host, port }: Endpoint, use: (client: Client) => Promise<T>): Promise<T> {
  const client = zookeeper.createClient(`${host}:${port}`, { sessionTimeout: 5000, retries: 0 });
  try {
    await within(ASK_WITHIN_MS * 5, (resolve) => {
      client.once('connected', resolve);
      client.connect();
    });
    return await use(client);
  } finally {
    client.close();
  }
}

function within(timeoutMs: number, begin: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ZooKeeper session within ${timeoutMs} ms`)), timeoutMs);
    begin(() => {
      clearTimeout(late);
      resolve();
    });
  });
}

/** Locks lie below the root; their names begin as the prefix does when it is made a path. */
async function topsUnder(client: Client, prefix: string): Promise<string[]> {
  const start = pathOf(prefix, '');
  return (await childrenOf(client, '/')).map((name) => `/${name}`).filter((path) => path.startsWith(start));
}

function childrenOf(client: Client, path: string): Promise<string[]> {
  return answered<string[]>((done) => client.getChildren(path, done)).catch((error: unknown) => {
    ignoreMissing(error);
    return [];
  });
}

function answered<T>(send: (done: (error: Error | Exception | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    send((error, value) => {
      if (error === null || error === undefined) resolve(value);
      else reject(error);
    });
  });
}

/** What another has removed meanwhile. */
function ignoreMissing(error: unknown): void {
  if (!/NO_NODE|NOT_EMPTY/.test(String(error))) throw error;
}
