/** How a lock is loaded. Durations are in milliseconds. */
import type { Hazard } from 'holdfast-locks/internal/claims';
import type { Topology } from 'holdfast-locks';
import type { Choice } from '../backends/choose.ts';
import type { ExternalConfig } from '../backends/external-config.ts';
import type { Arrivals } from '../subject/load/arrivals.ts';
import type { Ask } from '../subject/load/messages.ts';

/** `closed`: each client asks again when it has done. `open`: arrivals come whether or not the last was served. */
export type Mode =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'open';
      readonly arrivals: Arrivals;
      readonly perSecond: number;
    };

export interface LoadShape {
  readonly mode: Mode;
  readonly workers: number;
  /** Of an open loop: how many of its arrivals a worker may have under way. */
  readonly clientsPerWorker: number;
  readonly keys: number;
  /** Every client has a key of its own; `keys` is then how many there are. */
  readonly ownKeys: boolean;
  /** Exponent of the Zipf distribution of the keys; 0: all alike. */
  readonly keySkew: number;
  readonly ask: Ask;
  /** Explicit renewals of each lease. */
  readonly renews: number;
  /** A service that sells so much of each key takes the lock, and buyers come by HTTP; absent: clients ask by themselves. */
  readonly stock?: number;
  /** Name or path of a scenario whose clients are the load; absent: clients that take one lock and let it go. */
  readonly application?: string;
  readonly holdMs: readonly [number, number];
  readonly thinkMs: readonly [number, number];
  readonly leaseMs: number;
  readonly acquireTimeoutMs: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

/** How it goes, about twice a second. */
export interface LiveFigures {
  /** The name of the lock, and what it is doing. */
  readonly lock: string;
  readonly doing: string;
  readonly elapsedMs: number;
  readonly totalMs: number;
  /** Since the last such figures: finished cycles, errors, attempts under way, and the waits of the grants. */
  readonly cycles: number;
  readonly perSecond: number;
  readonly errors: number;
  readonly waiting: number;
  readonly acquire: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };
}

export interface LoadSettings extends LoadShape {
  readonly topology: Topology;
  readonly provisioner: Choice;
  readonly external: ExternalConfig | undefined;
  /** Whether workers reach the servers by way of Toxiproxy; faults of the network need it. */
  readonly proxied: boolean;
  /** One round each; none: undisturbed rounds. */
  readonly hazards: readonly Hazard[];
  readonly seed: number;
  /** Where plans and histories are written. */
  readonly folder: string;
  readonly preset?: string;
  readonly onLive?: (live: LiveFigures) => void;
}

/** Of an open loop: how many requests each worker may have under way. */
export const OPEN_CLIENTS = 128;

export const DEFAULT_SHAPE: LoadShape = {
  mode: { kind: 'closed' },
  workers: 4,
  clientsPerWorker: 1,
  keys: 1,
  ownKeys: false,
  keySkew: 0,
  ask: 'acquire',
  renews: 0,
  holdMs: [0, 0],
  thinkMs: [0, 0],
  leaseMs: 2000,
  acquireTimeoutMs: 10_000,
  warmUpMs: 1000,
  durationMs: 10_000,
};

export const keyNames = ({ keys }: Pick<LoadShape, 'keys'>): string[] =>
  Array.from({ length: keys }, (_, index) => `k${index}`);
