/**
 * A network of its own for the servers of one deployment, so that they can be cut from each other: a Linux network
 * namespace for each, joined by a bridge in one more. Namespaces live as long as the processes that hold them; with the
 * last of these everything is gone, however they ended.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { InfrastructureError } from '../base/errors.ts';
import { findCommand } from './binaries.ts';
import { startProcess, type RunningProcess } from './processes.ts';
import type { Session } from './session.ts';

const run = promisify(execFile);

const TOOLS = ['unshare', 'nsenter', 'ip', 'iptables'] as const;
/** RFC 2544 sets 198.18.0.0/15 aside for tests of networks: no address of it is anybody's. */
const SUBNETS = { first: '198.18', count: 256 };
const ATTEMPTS = 5;
const APART_WITHIN_MS = 2000;

/** Why servers cannot be cut from each other on this machine, if they cannot. */
export function whyNoNetwork(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'cutting servers from each other needs Linux network namespaces and root';
  }
  const missing = TOOLS.filter((tool) => findCommand(tool) === undefined);
  return missing.length === 0
    ? undefined
    : `cutting servers from each other needs ${missing.join(', ')} (holdfast setup adds what is missing)`;
}

export class NativeNetwork {
  readonly #middle: RunningProcess;
  /** One for each node. */
  readonly #holders: readonly RunningProcess[];
  readonly #subnet: string;

  private constructor(middle: RunningProcess, holders: readonly RunningProcess[], subnet: string) {
    this.#middle = middle;
    this.#holders = holders;
    this.#subnet = subnet;
  }

  static async open(session: Session, nodes: number): Promise<NativeNetwork> {
    const folder = session.folder('network');
    const [middle, ...holders] = await Promise.all([
      hold(session, folder, 'bridge'),
      ...Array.from({ length: nodes }, (_, index) => hold(session, folder, `node-${index}`)),
    ]);
    await inNamespace(middle.pid, 'ip', 'link', 'add', 'bridge', 'type', 'bridge');
    await inNamespace(middle.pid, 'ip', 'link', 'set', 'bridge', 'up');
    for (let attempt = 1; ; attempt++) {
      const subnet = `${SUBNETS.first}.${Math.floor(Math.random() * SUBNETS.count)}`;
      try {
        await joinMachine(middle, subnet);
        await Promise.all(holders.map((holder, node) => joinNode(middle, holder, hostOf(subnet, node), node)));
        return new NativeNetwork(middle, holders, subnet);
      } catch (cause) {
        if (attempt === ATTEMPTS) {
          throw new InfrastructureError(`no network for the servers: ${(cause as Error).message}`, { cause });
        }
      }
    }
  }

  hostOf(node: number): string {
    return hostOf(this.#subnet, node);
  }

  /** What a command line begins with to run in the network of `node`; the process keeps its id. */
  enter(node: number): string[] {
    return ['nsenter', `--net=/proc/${this.#holders[node]?.pid}/ns/net`, '--'];
  }

  /** Nothing passes between these nodes and any other. @returns the function that ends it. */
  async isolate(nodes: readonly number[]): Promise<() => Promise<void>> {
    const act = async (action: '-I' | '-D'): Promise<void> => {
      await Promise.all(nodes.map((node) => this.#dropPeers(node, action)));
    };
    await act('-I');
    return () => act('-D');
  }

  async close(): Promise<void> {
    await Promise.all([this.#middle, ...this.#holders].map((holder) => holder.kill()));
  }

  async #dropPeers(node: number, action: '-I' | '-D'): Promise<void> {
    const holder = this.#holders[node];
    if (holder === undefined) return;
    for (const peer of this.#holders.keys()) {
      if (peer === node) continue;
      const host = this.hostOf(peer);
      await inNamespace(holder.pid, 'iptables', '-w', action, 'INPUT', '-s', host, '-j', 'DROP');
      await inNamespace(holder.pid, 'iptables', '-w', action, 'OUTPUT', '-d', host, '-j', 'DROP');
    }
  }
}

const hostOf = (subnet: string, node: number): string => `${subnet}.${node + 1}`;

/** A process that does nothing but keep a new network namespace. */
async function hold(session: Session, folder: string, name: string): Promise<RunningProcess> {
  const holder = await startProcess({
    ...{ name, command: 'unshare', args: ['--net', 'sleep', 'infinity'], folder },
    environment: session.environment,
  });
  const bound = performance.now() + APART_WITHIN_MS;
  while ((await readlink(`/proc/${holder.pid}/ns/net`)) === (await readlink('/proc/self/ns/net'))) {
    if (performance.now() > bound) throw new InfrastructureError(`no network namespace: ${holder.lastWords()}`);
    await sleep(2);
  }
  return holder;
}

/** The cable between this machine and the bridge. */
async function joinMachine({ pid }: RunningProcess, subnet: string): Promise<void> {
  const { stdout: taken } = await run('ip', ['-o', 'address', 'show']);
  if (taken.includes(` ${subnet}.`)) throw new Error(`${subnet}.0/24 is in use`);
  const cable = `hf${randomBytes(6).toString('hex')}`;
  await run('ip', ['link', 'add', cable, 'type', 'veth', 'peer', 'name', 'machine', 'netns', String(pid)]);
  await inNamespace(pid, 'ip', 'link', 'set', 'machine', 'master', 'bridge', 'up');
  await run('ip', ['address', 'add', `${subnet}.254/24`, 'dev', cable]);
  await run('ip', ['link', 'set', cable, 'up']);
}

/** The cable between a node and the bridge. */
async function joinNode(middle: RunningProcess, node: RunningProcess, address: string, index: number): Promise<void> {
  const port = `node${index}`;
  await inNamespace(
    middle.pid,
    ...['ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(node.pid)],
  );
  await inNamespace(middle.pid, 'ip', 'link', 'set', port, 'master', 'bridge', 'up');
  await inNamespace(node.pid, 'ip', 'link', 'set', 'lo', 'up');
  await inNamespace(node.pid, 'ip', 'address', 'add', `${address}/24`, 'dev', 'eth0');
  await inNamespace(node.pid, 'ip', 'link', 'set', 'eth0', 'up');
}

async function inNamespace(pid: number, ...command: readonly string[]): Promise<void> {
  await run('nsenter', [`--net=/proc/${pid}/ns/net`, '--', ...command]);
}
