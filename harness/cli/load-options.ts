/** The options that say how a lock is loaded, shared by the commands that load locks. */
import { InvalidArgumentError, Option } from 'commander';
import { TOPOLOGIES } from 'holdfast-locks';
import type { Hazard } from 'holdfast-locks/internal/claims';
import type { LoadRequest } from '../commands/load-request.ts';
import { DEFAULT_SHAPE, type LoadShape } from '../load/settings.ts';
import { ARRIVALS } from '../subject/load/arrivals.ts';
import type { Config } from './config.ts';
import {
  backendOptions,
  duration,
  hazards,
  lockOptions,
  lockSettingsOf,
  serversOf,
  thresholdOption,
  thresholdsOf,
  wholeNumber,
  type LockOptions,
  type ServerOptions,
} from './options.ts';

/** Fields of a request that an option gives as they are. */
type AsAsked =
  | ('topology' | 'mode' | 'rate' | 'arrivals' | 'workers' | 'clients' | 'keys' | 'skew')
  | ('scenario' | 'stock' | 'try' | 'renews');

export interface LoadOptions extends ServerOptions, LockOptions, Pick<LoadRequest, AsAsked> {
  readonly hold?: readonly [number, number];
  readonly think?: readonly [number, number];
  readonly timeout?: number;
  readonly warmUp?: number;
  readonly duration?: number;
  readonly hazard?: readonly Hazard[];
  readonly proxy?: boolean;
  readonly seed?: number;
  readonly threshold?: readonly string[];
  readonly out?: string;
}

/** @param base what the defaults are */
export const loadOptions = (base: LoadShape = DEFAULT_SHAPE): Option[] => [
  new Option('--topology <name>', 'topology of the backend').choices(TOPOLOGIES),
  new Option(
    '--scenario <name|path>',
    'what a lease is for: a counter, a shop with buyers by HTTP (flash-sale), or any',
  ),
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
  new Option('--keys <n|own>', 'keys that they take, or one for each client (default: 1)').argParser(keysOrOwn),
  new Option('--skew <s>', 'exponent of the Zipf distribution of the keys').argParser(positive),
  new Option('--try', 'take no for an answer: tryAcquire instead of acquire'),
  new Option('--renews <n>', 'explicit renewals of each lease').argParser(wholeNumber(0)),
  new Option('--hold <duration[-duration]>', 'how long a lease is held (default: 0ms)').argParser(span),
  new Option('--think <duration[-duration]>', 'how long a client waits before it asks again').argParser(span),
  ...lockOptions('default: 2s'),
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

/** What the options say, or else the configuration. */
export function loadRequestOf(options: LoadOptions, config: Config): LoadRequest {
  const { topology, mode, rate, arrivals, workers, clients, keys, skew, scenario, stock, renews, proxy, seed } =
    options;
  return {
    ...{ topology, mode, rate, arrivals, workers, clients, keys, skew, scenario, stock, renews, proxy, seed },
    ...serversOf(options, config),
    try: options.try,
    holdMs: options.hold,
    thinkMs: options.think,
    ...lockSettingsOf(options, config),
    timeoutMs: options.timeout,
    warmUpMs: options.warmUp,
    durationMs: options.duration,
    thresholds: thresholdsOf(config, options),
    out: options.out ?? config.out,
  };
}

function positive(value: string): number {
  const number = Number(value);
  if (!(number > 0) || !Number.isFinite(number)) throw new InvalidArgumentError('expected a number above 0.');
  return number;
}

function keysOrOwn(value: string): number | 'own' {
  return value === 'own' ? 'own' : wholeNumber(1)(value);
}

/** `10ms`, `10ms-50ms`, `10-50ms`, `0`. */
function span(value: string): [number, number] {
  const [, first = '', second] = /^([\d.]+[a-z]*)(?:-([\d.]+[a-z]+))?$/.exec(value) ?? [];
  const unit = /[a-z]+$/.exec(second ?? first)?.[0] ?? 'ms';
  const least = duration(/[a-z]$/.test(first) ? first : `${first}${unit}`);
  const most = second === undefined ? least : duration(second);
  if (least > most) throw new InvalidArgumentError('the first is longer than the second.');
  return [least, most];
}
