/** The options that say how a lock is loaded, shared by the commands that load locks. */
import { InvalidArgumentError, Option } from 'commander';
import type { Hazard } from 'holdfast-locks/internal/claims';
import { TOPOLOGIES, type LockModule, type Topology } from 'holdfast-locks';
import type { BackendChoice } from '../backends/choose.ts';
import { UsageError } from '../base/errors.ts';
import type { Threshold } from '../gates/threshold.ts';
import { ARRIVALS, type Arrivals } from '../subject/load/arrivals.ts';
import { DEFAULT_SHAPE, OPEN_CLIENTS, type LoadShape } from '../load/settings.ts';
import type { ExternalOptions } from './external-options.ts';
import { backendOptions, checkWorkers, duration, hazards, thresholdOption, wholeNumber } from './options.ts';

export interface LoadOptions extends ExternalOptions {
  readonly backend?: BackendChoice;
  readonly topology?: Topology;
  readonly mode?: 'closed' | 'open';
  readonly rate?: number;
  readonly arrivals?: Arrivals;
  readonly workers?: number;
  readonly clients?: number;
  readonly keys?: number | 'own';
  readonly skew?: number;
  readonly scenario?: string;
  readonly stock?: number;
  readonly try?: boolean;
  readonly renews?: number;
  readonly hold?: readonly [number, number];
  readonly think?: readonly [number, number];
  readonly lease?: number;
  readonly timeout?: number;
  readonly warmUp?: number;
  readonly duration?: number;
  readonly hazard?: readonly Hazard[];
  readonly proxy?: boolean;
  readonly seed?: number;
  readonly threshold?: readonly Threshold[];
}

const SCENARIOS = ['shared-counter', 'flash-sale'];
const STOCK = 200;
/** What a sale takes, as long as the handler holds the lock. */
const HANDLER_MS = [1, 1] as const;
/** Buyers at the door of each service. */
const BUYERS = 8;

/** @param base what the defaults are */
export const loadOptions = (base: LoadShape = DEFAULT_SHAPE): Option[] => [
  new Option('--topology <name>', 'topology of the backend').choices(TOPOLOGIES),
  new Option('--scenario <name>', 'what a lease is for: a counter, or a shop with buyers by HTTP').choices(SCENARIOS),
  new Option('--stock <n>', 'of the flash sale: how much there is of each key (default: 200)').argParser(
    wholeNumber(1),
  ),
  new Option('--mode <mode>', 'closed: clients take turns; open: requests come at a rate').choices(['closed', 'open']),
  new Option('--rate <n>', 'requests per second of an open loop').argParser(positive),
  new Option('--arrivals <kind>', 'how the requests of an open loop are spaced').choices(ARRIVALS),
  new Option('--workers <n>', `worker processes (default: ${base.workers})`).argParser(wholeNumber(1)),
  new Option('--clients <n>', 'clients in each worker; of an open loop: requests under way at most').argParser(
    wholeNumber(1),
  ),
  new Option('--keys <n|own>', 'keys that they take, or one for each client (default: 1)').argParser(keys),
  new Option('--skew <s>', 'exponent of the Zipf distribution of the keys').argParser(positive),
  new Option('--try', 'take no for an answer: tryAcquire instead of acquire'),
  new Option('--renews <n>', 'explicit renewals of each lease').argParser(wholeNumber(0)),
  new Option('--hold <duration[-duration]>', 'how long a lease is held (default: 0ms)').argParser(span),
  new Option('--think <duration[-duration]>', 'how long a client waits before it asks again').argParser(span),
  new Option('--lease <duration>', 'length of a lease (default: 2s)').argParser(duration),
  new Option('--timeout <duration>', 'how long a client waits for the lock (default: 10s)').argParser(duration),
  new Option('--warm-up <duration>', `before it is measured (default: ${base.warmUpMs}ms)`).argParser(duration),
  new Option('--duration <duration>', `how long it is measured (default: ${base.durationMs / 1000}s)`).argParser(
    duration,
  ),
  new Option('--hazard <names>', 'faults under load, a round for each').argParser(hazards),
  new Option('--proxy', 'by way of Toxiproxy, also where no fault needs it'),
  new Option('--no-proxy', 'straight to the servers: faults of the network are then refused'),
  new Option('--seed <n>', 'of keys, hold times, arrivals and faults').argParser(wholeNumber(0)),
  thresholdOption(),
  ...backendOptions(),
];

/** What the options say over `base`. @throws UsageError for what contradicts itself */
export function shapeOf(options: LoadOptions, module: LockModule, base: LoadShape = DEFAULT_SHAPE): LoadShape {
  const { mode = options.rate === undefined ? base.mode.kind : 'open', workers = base.workers } = options;
  checkWorkers(workers);
  if (mode === 'open' && options.rate === undefined) throw new UsageError('--mode open needs --rate');
  if (mode === 'closed' && options.rate !== undefined) throw new UsageError('--rate is for --mode open');
  if (mode === 'closed' && options.arrivals !== undefined) throw new UsageError('--arrivals is for --mode open');
  const sells = options.scenario === 'flash-sale';
  if (sells && mode === 'open')
    throw new UsageError('--scenario flash-sale: its buyers take turns; --rate is not for it');
  if (!sells && options.stock !== undefined) throw new UsageError('--stock is for --scenario flash-sale');
  const usual = mode === 'open' ? OPEN_CLIENTS : sells ? BUYERS : base.clientsPerWorker;
  const clientsPerWorker = clientsOf(options, module, usual);
  const ownKeys = options.keys === undefined ? base.ownKeys : options.keys === 'own';
  const keyCount = typeof options.keys === 'number' ? options.keys : base.keys;
  const leaseMs = Math.max(options.lease ?? base.leaseMs, module.leastLeaseMs ?? 0);
  return {
    mode:
      mode === 'open' && options.rate !== undefined
        ? { kind: 'open', perSecond: options.rate, arrivals: options.arrivals ?? 'poisson' }
        : { kind: 'closed' },
    ...{ workers, clientsPerWorker, ownKeys, leaseMs },
    keys: ownKeys ? workers * clientsPerWorker : keyCount,
    keySkew: options.skew ?? base.keySkew,
    ...(sells ? { stock: options.stock ?? STOCK } : {}),
    ask: options.try === true ? 'try' : base.ask,
    renews: options.renews ?? base.renews,
    holdMs: options.hold ?? (sells ? HANDLER_MS : base.holdMs),
    thinkMs: options.think ?? base.thinkMs,
    acquireTimeoutMs: options.timeout ?? base.acquireTimeoutMs,
    warmUpMs: options.warmUp ?? base.warmUpMs,
    durationMs: options.duration ?? base.durationMs,
  };
}

/** A lock may hold only so many leases at once. */
function clientsOf({ clients }: LoadOptions, { name, leasesAtOnce }: LockModule, usual: number): number {
  const most = leasesAtOnce ?? Infinity;
  if ((clients ?? 0) > most) throw new UsageError(`--clients: ${name} grants ${most} leases at once to one process`);
  return Math.min(clients ?? usual, most);
}

function positive(value: string): number {
  const number = Number(value);
  if (!(number > 0) || !Number.isFinite(number)) throw new InvalidArgumentError('expected a number above 0.');
  return number;
}

function keys(value: string): number | 'own' {
  return value === 'own' ? 'own' : wholeNumber(1)(value);
}

/** `10ms`, `10ms-50ms`, `10-50ms`, `0`. */
export function span(value: string): [number, number] {
  const [, first = '', second] = /^([\d.]+[a-z]*)(?:-([\d.]+[a-z]+))?$/.exec(value) ?? [];
  const unit = /[a-z]+$/.exec(second ?? first)?.[0] ?? 'ms';
  const least = duration(/[a-z]$/.test(first) ? first : `${first}${unit}`);
  const most = second === undefined ? least : duration(second);
  if (least > most) throw new InvalidArgumentError('the first is longer than the second.');
  return [least, most];
}
