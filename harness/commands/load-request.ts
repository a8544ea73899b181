/** What the commands that load locks are asked for in common, and the load that it comes to. */
import { z } from 'zod';
import { requireScenario } from '../run/scenarios.ts';
import { TOPOLOGIES, type LockModule, type Topology } from 'holdfast-locks';
import { DEFAULT_SHAPE, OPEN_CLIENTS, type LoadShape } from '../load/settings.ts';
import { ARRIVALS, type Arrivals } from '../subject/load/arrivals.ts';
import {
  checkWorkers,
  leaseLength,
  lockNames,
  lockOptions,
  milliseconds,
  RequestError,
  seed,
  serversShape,
  wholeNumber,
  type LockNames,
  type ServersRequest,
} from './request.ts';

/** From the least to the most, drawn each time; one number is both. */
export type Span = number | readonly [number, number];

export interface LoadRequest extends ServersRequest {
  /** Locks to load: names of the catalogue, or paths of lock modules from the current folder. */
  readonly impl?: LockNames;
  /** Options of these locks. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Topology of the servers; default: the first of the lock. */
  readonly topology?: Topology;
  /** `closed`: clients take turns. `open`: requests come at a `rate`. Default: `open` if there is a `rate`. */
  readonly mode?: 'closed' | 'open';
  /** Requests per second of an open loop, and how they are spaced. */
  readonly rate?: number;
  readonly arrivals?: Arrivals;
  /** Worker processes, 10 at most, and clients in each of them; of an open loop: requests under way at most. */
  readonly workers?: number;
  readonly clients?: number;
  /** Keys that they take, or one for each client; default 1. */
  readonly keys?: number | 'own';
  /** Exponent of the Zipf distribution of the keys. */
  readonly skew?: number;
  /** What a lease is for: a counter, a shop with buyers by HTTP (`flash-sale`), or any scenario by its name or path. */
  readonly scenario?: string;
  /** Of the flash sale: how much there is of each key; default 200. */
  readonly stock?: number;
  /** Take no for an answer: tryAcquire instead of acquire. */
  readonly try?: boolean;
  /** Explicit renewals of each lease. */
  readonly renews?: number;
  /** How long a lease is held, and how long a client waits before it asks again; default 0. */
  readonly holdMs?: Span;
  readonly thinkMs?: Span;
  /** Length of a lease; default 2000. */
  readonly leaseMs?: number;
  /** How long a client waits for the lock; default 10 000. */
  readonly timeoutMs?: number;
  /** Before it is measured, and how long it is. */
  readonly warmUpMs?: number;
  readonly durationMs?: number;
  /** By way of Toxiproxy; default: where a fault needs it. */
  readonly proxy?: boolean;
  /** Of keys, hold times, arrivals and faults; default: drawn. */
  readonly seed?: number;
  /** What is demanded of the figures, such as `acquire p(99)<50`. */
  readonly thresholds?: readonly string[];
  /** The folder in which the run folder is made; default `runs` in the current folder. */
  readonly out?: string;
}

const span = z
  .union([milliseconds.transform((ms): [number, number] => [ms, ms]), z.tuple([milliseconds, milliseconds])])
  .refine(([least, most]) => least <= most, 'expected [least, most] with least ≤ most');

export const loadShape = {
  ...serversShape,
  impl: lockNames.optional(),
  options: lockOptions,
  topology: z.enum(TOPOLOGIES).optional(),
  mode: z.enum(['closed', 'open']).optional(),
  rate: z.number().positive().optional(),
  arrivals: z.enum(ARRIVALS).optional(),
  workers: wholeNumber(1).optional(),
  clients: wholeNumber(1).optional(),
  keys: z.union([wholeNumber(1), z.literal('own')]).optional(),
  skew: z.number().positive().optional(),
  scenario: z.string().optional(),
  stock: wholeNumber(1).optional(),
  try: z.boolean().optional(),
  renews: wholeNumber(0).optional(),
  holdMs: span.optional(),
  thinkMs: span.optional(),
  leaseMs: leaseLength.optional(),
  timeoutMs: milliseconds.optional(),
  warmUpMs: milliseconds.optional(),
  durationMs: milliseconds.positive().optional(),
  proxy: z.boolean().optional(),
  seed,
  thresholds: z.array(z.string()).default([]),
  out: z.string().default('runs'),
} satisfies Record<keyof LoadRequest, z.ZodType>;

const loadSchema = z.strictObject(loadShape);
export type LoadParsed = z.output<typeof loadSchema>;

/** Short rounds and many of them, for locks that take turns: what disturbs one is outvoted by the others. */
export const COMPARED_SHAPE: LoadShape = { ...DEFAULT_SHAPE, warmUpMs: 500, durationMs: 2000 };

const STOCK = 200;
/** What a sale takes, as long as the handler holds the lock. */
const HANDLER_MS = [1, 1] as const;
/** Buyers at the door of each service. */
const BUYERS = 8;

/** What the request says over `base`. @throws RequestError for what contradicts itself */
export function shapeOf(request: LoadParsed, module: LockModule, base: LoadShape = DEFAULT_SHAPE): LoadShape {
  const { mode = request.rate === undefined ? base.mode.kind : 'open', workers = base.workers } = request;
  checkWorkers(workers);
  if (mode === 'open' && request.rate === undefined) throw new RequestError('`mode` open needs `rate`');
  if (mode === 'closed' && request.rate !== undefined) throw new RequestError('`rate` is for `mode` open');
  if (mode === 'closed' && request.arrivals !== undefined) throw new RequestError('`arrivals` is for `mode` open');
  const { scenario = 'shared-counter' } = request;
  const sells = scenario === 'flash-sale';
  const isApplication = !sells && scenario !== 'shared-counter';
  if (isApplication) requireScenario(scenario);
  if (isApplication && (mode === 'open' || request.try === true || request.renews !== undefined))
    throw new RequestError(`\`scenario\` ${scenario}: its clients take turns, and take locks as it says`);
  if (sells && mode === 'open')
    throw new RequestError('`scenario` flash-sale: its buyers take turns; `rate` is not for it');
  if (!sells && request.stock !== undefined) throw new RequestError('`stock` is for `scenario` flash-sale');
  const usual = mode === 'open' ? OPEN_CLIENTS : sells ? BUYERS : base.clientsPerWorker;
  const clientsPerWorker = clientsOf(request, module, usual);
  const ownKeys = request.keys === undefined ? base.ownKeys : request.keys === 'own';
  const keyCount = typeof request.keys === 'number' ? request.keys : base.keys;
  const leaseMs = Math.max(request.leaseMs ?? base.leaseMs, module.leastLeaseMs ?? 0);
  return {
    mode:
      mode === 'open' && request.rate !== undefined
        ? { kind: 'open', perSecond: request.rate, arrivals: request.arrivals ?? 'poisson' }
        : { kind: 'closed' },
    ...{ workers, clientsPerWorker, ownKeys, leaseMs },
    keys: ownKeys ? workers * clientsPerWorker : keyCount,
    keySkew: request.skew ?? base.keySkew,
    ...(sells ? { stock: request.stock ?? STOCK } : {}),
    ...(isApplication ? { application: scenario } : {}),
    ask: request.try === true ? 'try' : base.ask,
    renews: request.renews ?? base.renews,
    holdMs: request.holdMs ?? (sells ? HANDLER_MS : base.holdMs),
    thinkMs: request.thinkMs ?? base.thinkMs,
    acquireTimeoutMs: request.timeoutMs ?? base.acquireTimeoutMs,
    warmUpMs: request.warmUpMs ?? base.warmUpMs,
    durationMs: request.durationMs ?? base.durationMs,
  };
}

/** A lock may hold only so many leases at once. */
function clientsOf({ clients }: LoadParsed, { name, leasesAtOnce }: LockModule, usual: number): number {
  const most = leasesAtOnce ?? Infinity;
  if ((clients ?? 0) > most)
    throw new RequestError(`\`clients\`: ${name} grants ${most} leases at once to one process`);
  return Math.min(clients ?? usual, most);
}
