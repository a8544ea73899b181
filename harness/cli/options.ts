/** Parsing of option values that several commands share; each error names the option, the value and what is expected. */
import { InvalidArgumentError, Option } from 'commander';
import { BACKENDS, type Backend } from 'holdfast-locks';
import { HAZARDS, type Hazard } from 'holdfast-locks/internal/claims';
import { BACKEND_CHOICES, type BackendChoice } from '../backends/choose.ts';
import { parseJson } from '../base/json.ts';
import { hint } from '../commands/names.ts';
import type { ServersRequest } from '../commands/request.ts';
import { parseThreshold } from '../gates/threshold.ts';
import type { Config } from './config.ts';
import { externalFrom, type ExternalOptions } from './external-options.ts';
import { commandOf } from './run-name.ts';

export function wholeNumber(least: number, most = Infinity): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < least || number > most) {
      const bound = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`expected a whole number ${bound}.`);
    }
    return number;
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `30s`, `500ms`, `10m`, `1h`; milliseconds. */
export function duration(value: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value) ?? [];
  if (amount === undefined || unit === undefined)
    throw new InvalidArgumentError('expected a duration such as 500ms, 30s or 10m.');
  return Number(amount) * (UNITS[unit] ?? 1);
}

export function hazards(value: string): Hazard[] {
  return value.split(',').map((name) => {
    const hazard = HAZARDS.find((one) => one === name.trim());
    if (hazard === undefined) throw new InvalidArgumentError(`"${name}" is no hazard${hint(name, HAZARDS)}`);
    return hazard;
  });
}

/** `2/5`: the second of five. */
export function shard(value: string): { index: number; of: number } {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(value) ?? [];
  const parsed = { index: Number(index), of: Number(of) };
  if (index === undefined || parsed.index < 1 || parsed.index > parsed.of)
    throw new InvalidArgumentError('expected i/n such as 2/5.');
  return parsed;
}

/** The options of a lock, as JSON. */
export function jsonObject(value: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = parseJson(value);
  } catch (error) {
    throw new InvalidArgumentError(`it is not JSON: ${(error as Error).message}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new InvalidArgumentError('expected a JSON object such as {"retry":{"delayMs":50}}.');
  return { ...parsed };
}

/** Of every command that runs locks. */
export interface LockOptions {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly lease?: number;
}

/** @param lease what is said of the default */
export const lockOptions = (lease: string): Option[] => [
  new Option('--lease <duration>', `length of a lease (${lease})`).argParser(duration),
  new Option(
    '--options <json>',
    'options of the locks, such as {"retry":{"delayMs":50}}; those of decorators under "decorators"',
  ).argParser(jsonObject),
];

/** What those options say, or else the configuration. */
export const lockSettingsOf = (
  { options, lease }: LockOptions,
  config: Config,
): { readonly options?: Readonly<Record<string, unknown>>; readonly leaseMs?: number } => ({
  options: options ?? config.options,
  leaseMs: lease ?? config.leaseMs,
});

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** Of every command that measures; may be given several times. */
export const thresholdOption = (): Option =>
  new Option(
    '--threshold <expression>',
    'what is demanded, such as "acquire p(99)<50" or "violations count==0"; may be given again',
  ).argParser((text: string, before?: readonly string[]) => {
    parseThreshold(text);
    return [...(before ?? []), text];
  });

/** Those of the configuration, and then those of `--threshold`. */
export const thresholdsOf = (
  { thresholds = [] }: Config,
  { threshold = [] }: { readonly threshold?: readonly string[] },
): string[] => [...thresholds, ...threshold];

export interface ServerOptions extends ExternalOptions {
  readonly backend?: BackendChoice;
}

/** What those options say, or else the configuration. @throws UsageError */
export function serversOf(options: ServerOptions, config: Config): Required<ServersRequest> {
  const backend = options.backend ?? config.backend ?? 'auto';
  return { backend, external: externalFrom(options, config.external, backend) };
}

/** What the report names as its command. */
export const typedCommand = (): string => commandOf(process.argv.slice(2));

/** Options of every command that starts backends. */
export const backendOptions = (): Option[] => [
  new Option('--backend <provisioner>', 'how servers are started').choices(BACKEND_CHOICES),
  new Option(
    '--endpoint <server=address,…>',
    'addresses for --backend external, such as redis=127.0.0.1:6379',
  ).argParser(collect),
  new Option('--toxiproxy <api,first-last>', 'Toxiproxy for --backend external, such as 127.0.0.1:8474,26000-26099'),
  new Option('--allow-destructive', 'with --backend external: faults that disturb other users of the servers'),
];

/** Of every command that takes a lock as a command line. */
export const serverOption = (): Option =>
  new Option('--server <name>', 'what a lock that is given as "exec:COMMAND" runs on').choices(BACKENDS);
export interface ServerOption {
  readonly server?: Backend;
}

/** Options of every command. */
export const outputOptions = (): Option[] => [
  new Option('--json', 'print the report as one JSON object, and nothing else'),
  new Option('--quiet', 'no progress'),
  new Option('--out <folder>', 'folder for run folders (default: runs)'),
];
