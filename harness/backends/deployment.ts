/** A running backend: the servers under one lock, the Toxiproxy before them, and what can be done to them. */
import type { Hazard } from '../../implementations/claims.ts';
import type { Backend, Endpoint, Topology } from '../../implementations/lock.ts';
import type { ServerDefinition } from './servers/server.ts';
import { hostAndPort } from './address.ts';
import { InfrastructureError } from '../errors.ts';
import { redis } from './servers/redis.ts';

export type ProvisionerKind = 'docker' | 'native' | 'external' | 'sim';

export interface ServerNode {
  readonly index: number;
  /** Where the harness reaches it, past any proxy. */
  readonly endpoint: Endpoint;
  /** `host:port` as Toxiproxy reaches it. */
  readonly upstream: string;
  /** SIGKILL; settles when it is gone. */
  crash(): Promise<void>;
  /** Starts a crashed server again; settles when it answers. */
  restart(options: { readonly keepData: boolean }): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Moves the wall clock of the server by this much from the true time. Needs `prepareClock`. */
  setClock(offsetMs: number): Promise<void>;
  /** Restarts the server empty, with or without a movable clock; does nothing when it is that way already. */
  prepareClock(movable: boolean): Promise<void>;
}

/** What a deployment cannot do, and why: hazards that a run on it lists as not testable. */
export type Limits = Readonly<Partial<Record<Hazard, string>>>;

export interface Deployment {
  readonly provisioner: ProvisionerKind;
  readonly server: ServerDefinition;
  readonly topology: Topology;
  readonly version: string;
  /** Those of its servers that claims depend on, where they are known. */
  readonly settings: Readonly<Record<string, string>>;
  readonly nodes: readonly ServerNode[];
  /** Absent where the network cannot be disturbed. */
  readonly toxiproxy: ToxiproxyAccess | undefined;
  readonly limits: Limits;
  stop(): Promise<void>;
}

export interface ToxiproxyAccess {
  readonly api: Endpoint;
  /** Address that a new proxy shall listen on, as Toxiproxy sees it; each call gives another one. */
  nextListen(): string;
  /** Where a worker reaches the proxy that listens there. */
  reach(listen: string): Endpoint;
}

export interface Layout {
  readonly server: ServerDefinition;
  readonly nodes: number;
}

/** Which servers a backend in a topology is made of; `undefined` for backends without servers. */
export function layoutOf(backend: Backend, topology: Topology): Layout | undefined {
  if (backend === 'memory') return undefined;
  if (backend === 'redis' && topology === 'single') return { server: redis, nodes: 1 };
  if (backend === 'redis' && topology === '5 independent nodes') return { server: redis, nodes: 5 };
  throw new InfrastructureError(`no provisioner knows ${backend} with topology "${topology}"`);
}

export interface StartRequest {
  readonly backend: Backend;
  readonly topology: Topology;
  /** Proxies that will be needed at most: workers times nodes. */
  readonly proxies: number;
  readonly signal: AbortSignal;
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
