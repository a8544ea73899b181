/** What `verify` is asked for. */
import { z } from 'zod';
import { TOPOLOGIES, type Topology } from 'holdfast-locks';
import { HAZARDS, type Hazard } from 'holdfast-locks/internal/claims';
import { PROFILE_NAMES, type ProfileName } from '../plan/profiles.ts';
import {
  leaseLength,
  lockNames,
  lockOptions,
  milliseconds,
  seed,
  serversShape,
  wholeNumber,
  type LockNames,
  type ServersRequest,
} from './request.ts';

/** Every field but `impl` or `all` has a default. */
export interface VerifyRequest extends ServersRequest {
  /** Locks to test: names of the catalogue, or paths of lock modules from the current folder. */
  readonly impl?: LockNames;
  /** Every reference lock of the catalogue. */
  readonly all?: boolean;
  /** Instead: every published lock that this machine can run, in one report, which says of the others why not. */
  readonly published?: boolean;
  /** Options of these locks, such as `{ "spins": 3 }`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Only these hazards; default: those of the profile. */
  readonly hazards?: readonly Hazard[];
  /** What the workers do: a name, or the path of a module; default `shared-counter`. */
  readonly scenario?: string;
  /** Topology of the servers; default: the first of the lock. */
  readonly topology?: Topology;
  /** How hard to try; default `default`. */
  readonly profile?: ProfileName;
  /** Worker processes, 10 at most, and clients in each of them. */
  readonly workers?: number;
  readonly clients?: number;
  /** Length of a lease; default 600. */
  readonly leaseMs?: number;
  /** Longest time a lease is held for. */
  readonly holdMs?: number;
  /** The same seed makes the same plans; default: drawn. */
  readonly seed?: number;
  /** Plans for each hazard; default: as many as there is time for. */
  readonly runs?: number;
  /** No new plan starts after this. */
  readonly timeMs?: number;
  /** Only this share of the plans; `index` counts from 1. */
  readonly shard?: { readonly index: number; readonly of: number };
  /** In the simulation: every position of one fault with two workers and one cycle. */
  readonly exhaustive?: boolean;
  /** Stops at the first violation of a claim. */
  readonly bail?: boolean;
  /** What cannot be produced here counts as not exercised. */
  readonly requireAll?: boolean;
  /** What is demanded of the figures, such as `acquire p(99)<50`. */
  readonly thresholds?: readonly string[];
  /** The folder in which the run folder is made; default `runs` in the current folder. */
  readonly out?: string;
}

/** The default lease: timers of busy machines are late by up to 140 ms, so shorter ones judge the machine. */
export const LEASE_MS = 600;

const shape = {
  ...serversShape,
  impl: lockNames.optional(),
  all: z.boolean().default(false),
  published: z.boolean().default(false),
  options: lockOptions,
  hazards: z.array(z.enum(HAZARDS)).min(1).readonly().optional(),
  scenario: z.string().default('shared-counter'),
  topology: z.enum(TOPOLOGIES).optional(),
  profile: z.enum(PROFILE_NAMES).default('default'),
  workers: wholeNumber(1).optional(),
  clients: wholeNumber(1).optional(),
  leaseMs: leaseLength.optional(),
  holdMs: milliseconds.optional(),
  seed,
  runs: wholeNumber(1).optional(),
  timeMs: milliseconds.optional(),
  shard: z
    .strictObject({ index: wholeNumber(1), of: wholeNumber(1) })
    .refine(({ index, of }) => index <= of, 'expected an index of at most "of"')
    .optional(),
  exhaustive: z.boolean().default(false),
  bail: z.boolean().default(false),
  requireAll: z.boolean().default(false),
  thresholds: z.array(z.string()).default([]),
  out: z.string().default('runs'),
} satisfies Record<keyof VerifyRequest, z.ZodType>;

export const verifySchema = z.strictObject(shape);
export type VerifyParsed = z.output<typeof verifySchema>;

/** The length of a lease, where it may be no shorter than the lock grants it. */
export const leaseAsked = ({ leaseMs }: Pick<VerifyParsed, 'leaseMs'>): number => leaseMs ?? LEASE_MS;
