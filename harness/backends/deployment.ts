/** A running backend: the servers under one lock, the Toxiproxy before them, and what can be done to them. */
import type { Backend, Endpoint, Topology } from 'holdfast-locks';
import type { Layout } from './servers/layout.ts';
import type { ServerDefinition } from './servers/server.ts';
import { hostAndPort } from './address.ts';
import { InfrastructureError } from '../base/errors.ts';
import { mariadbLayouts } from './servers/mariadb.ts';
import { mysqlLayouts } from './servers/mysql.ts';
import { postgresLayouts } from './servers/postgres.ts';
import { consulLayouts } from './servers/consul.ts';
import { etcdLayouts } from './servers/etcd.ts';
import type { Usage } from './usage.ts';
import { redisLayouts } from './servers/redis.ts';
import { zookeeperLayouts } from './servers/zookeeper.ts';

export type ProvisionerKind = 'docker' | 'native' | 'external' | 'sim';

export interface ServerNode {
  readonly index: number;
  /** Where the harness reaches it, past any proxy. */
  readonly endpoint: Endpoint;
  /** `host:port` as Toxiproxy reaches it, and as the servers announce it to clients that ask them. */
  readonly upstream: string;
  /** SIGKILL; settles when it is gone. */
  crash(): Promise<void>;
  /** Starts a crashed server again; settles when it answers. */
  restart(options: { readonly keepData: boolean }): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** What it has used; absent where that is not known. */
  usage?(): Usage | undefined;
  /** Moves the wall clock of the server by this much from the true time. Needs `prepareClock`. */
  setClock(offsetMs: number): Promise<void>;
}

/**
 * What faults ask of a deployment: to disturb the links between workers and servers, to cut servers from each other, to
 * stop and to kill their processes, to set their clocks.
 */
export const INTERVENTIONS = ['links', 'partition', 'pause', 'kill', 'clock'] as const;
export type Intervention = (typeof INTERVENTIONS)[number];

/** What a deployment does not allow, and why. */
export type Limits = Readonly<Partial<Record<Intervention, string>>>;

export interface Deployment {
  readonly provisioner: ProvisionerKind;
  /** Of the first node: what keeps the data. */
  readonly server: ServerDefinition;
  /** Of each node. */
  readonly servers: readonly ServerDefinition[];
  readonly topology: Topology;
  readonly version: string;
  /** Those of its servers that claims depend on, where they are known. */
  readonly settings: Readonly<Record<string, string>>;
  readonly nodes: readonly ServerNode[];
  /** Absent where the network cannot be disturbed. */
  readonly toxiproxy: ToxiproxyAccess | undefined;
  readonly limits: Limits;
  /** Nodes whose endpoints the lock is given. */
  readonly entrances: readonly number[];
  /** Makes the servers whole again after all of them have lost their data. */
  form(): Promise<void>;
  /** Who leads now; `undefined` while nobody does, or where nobody ever does. */
  leader(): Promise<number | undefined>;
  /** What is to be done for another to lead after `killed`, and for `killed` to come back. */
  readonly succession: Pick<Layout, 'promote' | 'rejoinsEmpty'>;
  /** Cuts each of these nodes from all other nodes, not from the workers. @returns the function that ends it. */
  isolate(nodes: readonly number[]): Promise<() => Promise<void>>;
  /** Restarts the servers empty, with or without movable clocks; does nothing when they are that way already. */
  prepareClocks(movable: boolean): Promise<void>;
  stop(): Promise<void>;
}

export interface ToxiproxyAccess {
  readonly api: Endpoint;
  /** In a container: ports inside, each with the port of this machine that leads there. */
  readonly ports?: readonly (readonly [inside: number, outside: number])[] | undefined;
  /** Address that a new proxy shall listen on, as Toxiproxy sees it; each call gives another one. */
  nextListen(): string;
  /** Where a worker reaches the proxy that listens there. */
  reach(listen: string): Endpoint;
}

type Served = Exclude<Backend, 'files' | 'memory' | 'sqlite'>;

const LAYOUTS: Readonly<Record<Served, Readonly<Partial<Record<Topology, Layout>>>>> = {
  redis: redisLayouts,
  postgres: postgresLayouts,
  mariadb: mariadbLayouts,
  mysql: mysqlLayouts,
  zookeeper: zookeeperLayouts,
  etcd: etcdLayouts,
  consul: consulLayouts,
};

/** Which servers a backend in a topology is made of; `undefined` for backends without servers. */
export function layoutOf(backend: Backend, topology: Topology): Layout | undefined {
  if (backend === 'files' || backend === 'memory' || backend === 'sqlite') return undefined;
  const layout = LAYOUTS[backend][topology];
  if (layout === undefined)
    throw new InfrastructureError(`no provisioner knows ${backend} with topology "${topology}"`);
  return layout;
}

export interface StartRequest {
  readonly backend: Backend;
  readonly topology: Topology;
  /** Proxies that will be needed at most: workers times nodes. */
  readonly proxies: number;
  readonly signal: AbortSignal;
  /** Started anew, also where "up" keeps such servers running. */
  readonly fresh?: boolean;
}

/** Waits until `server` answers at `endpoint`, or throws with what was last seen. */
export async function untilAnswering(
  server: ServerDefinition,
  endpoint: Endpoint,
  options: { readonly withinMs: number; readonly signal: AbortSignal; readonly diedWith?: () => string | undefined },
): Promise<string> {
  const bound = performance.now() + options.withinMs;
  for (;;) {
    options.signal.throwIfAborted();
    const death = options.diedWith?.();
    if (death !== undefined) throw new InfrastructureError(`${server.name} ended while it started: ${death}`);
    try {
      return await server.probe(endpoint, 500);
    } catch (cause) {
      const where = `${server.name} at ${hostAndPort(endpoint)}`;
      const why = (cause as Error).message;
      if (cause instanceof InfrastructureError) throw new InfrastructureError(`${where}: ${why}`, { cause });
      if (performance.now() > bound) {
        throw new InfrastructureError(`${where} did not answer within ${options.withinMs} ms: ${why}`, { cause });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
