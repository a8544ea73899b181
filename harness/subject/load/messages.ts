/** Messages between a benchmark and its workers. */
import { z } from 'zod';

const whole = z.number().int().nonnegative();
const range = z.tuple([z.number().nonnegative(), z.number().nonnegative()]);

/** How a client asks for the lock: waits for it, or takes no for an answer. */
export const ASKS = ['acquire', 'try'] as const;
export type Ask = (typeof ASKS)[number];

/** What one worker does in one round. Times are nanoseconds since `originNs`. */
export const loadOrderSchema = z.object({
  worker: whole,
  workers: z.number().int().positive(),
  /** How often this worker was killed before in this round. */
  incarnation: whole,
  clientsPerWorker: z.number().int().positive(),
  keys: z.array(z.string()).min(1),
  /** The n-th client takes the n-th key; else every cycle draws one. */
  ownKeys: z.boolean(),
  keySkew: z.number().nonnegative(),
  ask: z.enum(ASKS),
  /** Explicit renewals while a lease is held. */
  renews: whole,
  holdMs: range,
  thinkMs: range,
  leaseMs: z.number().positive(),
  acquireTimeoutMs: z.number().positive(),
  seed: z.number().int(),
  /** Of the monotonic clock, decimal. */
  originNs: z.string(),
  /** When all begin, and the stretch that is measured. */
  startNs: whole,
  fromNs: whole,
  toNs: whole,
  historyFile: z.string(),
  counterFile: z.string(),
  /** Whether what is recorded must outlive a kill at any moment. */
  durable: z.boolean(),
  /** Open loop: where the arrivals of all workers stand, and how many of this worker may be under way. */
  arrivalsFile: z.string().optional(),
  /** Of a service that sells: how much there is of each key. The worker serves HTTP instead of asking by itself. */
  stock: z.number().int().positive().optional(),
  /** How often the worker tells how it goes; absent: only at the end. */
  liveMs: z.number().positive().optional(),
});
export type LoadOrder = z.infer<typeof loadOrderSchema>;

/** Histograms in microseconds, compressed, as HdrHistogram encodes them. */
const histograms = z.object({
  acquire: z.string(),
  hold: z.string(),
  release: z.string(),
  try: z.string(),
  renew: z.string(),
});

/** What was measured since the last such message. */
export const liveSchema = z.object({ cycles: whole, errors: whole, waiting: whole, acquire: z.string() });
export type Live = z.infer<typeof liveSchema>;

/** What one worker measured in one round. */
export const loadedSchema = z.object({
  histograms,
  /** Processor time of the measured stretch, in milliseconds; memory at its end, in bytes. */
  cpuMs: z.number().nonnegative(),
  memoryBytes: z.number().nonnegative(),
  /** Open loop: arrivals that found too many under way, and how late the others were begun, in microseconds. */
  dropped: whole,
  lateness: z.string(),
});
export type Loaded = z.infer<typeof loadedSchema>;

/** How much of a bare loop's rate is left of ours, on keys of each client's own. */
export const probeOrderSchema = z.object({
  clients: z.number().int().positive(),
  pairs: z.number().int().positive(),
  /** Of each of the two in a pair. */
  sliceMs: z.number().positive(),
  leaseMs: z.number().positive(),
  /** Where what is recorded meanwhile goes. */
  folder: z.string(),
});
export type ProbeOrder = z.infer<typeof probeOrderSchema>;

/** One of the two in a pair: its rate, and the processor time of a cycle in microseconds. */
const slice = z.object({ perSecond: z.number(), cpuUs: z.number() });
export type Slice = z.infer<typeof slice>;

export const probeSchema = z.object({
  pairs: z.array(z.object({ ours: slice, bare: slice })),
});
export type Probe = z.infer<typeof probeSchema>;
