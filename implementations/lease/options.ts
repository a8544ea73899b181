/** What a lease lock can be told, normalised once at its door. */
import type { TryAcquireOptions } from '../lock.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { DEFAULT_RETRY } from './retry.ts';
import type { RetryStrategy } from './retry.ts';

export interface LeaseLockOptions {
  /** Length of a lease, if the call does not say. Default 10 s. */
  readonly leaseMs?: number;
  /** How long `acquire` waits, if the call does not say. `Infinity` is allowed. Default 10 s. */
  readonly timeoutMs?: number;
  /** Time limit of one command. Default: a quarter of the lease, at most 1 s. */
  readonly commandTimeoutMs?: number;
  readonly retry?: Partial<RetryStrategy>;
  /** Renew leases in the background, if the call does not say. Default true. */
  readonly renew?: boolean;
  /** Where the time comes from. */
  readonly clock?: Clock;
  /** Numbers from [0, 1) for jitter. */
  readonly random?: () => number;
}

export interface Settings {
  readonly leaseMs: number;
  readonly timeoutMs: number;
  readonly commandTimeoutMs: number | undefined;
  readonly retry: RetryStrategy;
  readonly renew: boolean;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Below this, the allowance for drift and the resolution of timers leave nothing of a lease. */
const SHORTEST_LEASE_MS = 10;
const LONGEST_COMMAND_MS = 1000;
const COMMANDS_PER_LEASE = 4;

export function settingsOf(options: LeaseLockOptions): Settings {
  const retry = { ...DEFAULT_RETRY, ...options.retry };
  atLeast('retry.delayMs', retry.delayMs, 0);
  atLeast('retry.factor', retry.factor, 1);
  atLeast('retry.maxDelayMs', retry.maxDelayMs, 0);
  atLeast('retry.maxAttempts', retry.maxAttempts, 1);
  if (!(retry.jitter >= 0 && retry.jitter <= 1)) throw rangeError('retry.jitter', retry.jitter, 'from 0 to 1');
  return {
    leaseMs: checkLeaseMs(options.leaseMs ?? 10_000),
    timeoutMs: atLeast('timeoutMs', options.timeoutMs ?? 10_000, 0),
    commandTimeoutMs:
      options.commandTimeoutMs === undefined ? undefined : atLeast('commandTimeoutMs', options.commandTimeoutMs, 1),
    retry,
    renew: options.renew ?? true,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

/** The lease that a call asks for, in whole milliseconds. @throws RangeError */
export function leaseMsOf(settings: Settings, options: TryAcquireOptions): number {
  return options.leaseMs === undefined ? settings.leaseMs : checkLeaseMs(options.leaseMs);
}

export function commandTimeoutMsOf(settings: Settings, leaseMs: number): number {
  return settings.commandTimeoutMs ?? Math.min(LONGEST_COMMAND_MS, leaseMs / COMMANDS_PER_LEASE);
}

/** @throws RangeError when `value` is not a number of at least `least`. */
export function atLeast(name: string, value: number, least: number): number {
  if (!(value >= least)) throw rangeError(name, value, `a number of at least ${least}`);
  return value;
}

function checkLeaseMs(leaseMs: number): number {
  if (!Number.isFinite(leaseMs)) throw rangeError('leaseMs', leaseMs, 'a finite number');
  return Math.floor(atLeast('leaseMs', leaseMs, SHORTEST_LEASE_MS));
}

function rangeError(name: string, value: unknown, expected: string): RangeError {
  return new RangeError(`${name} is ${String(value)}, expected ${expected}`);
}
