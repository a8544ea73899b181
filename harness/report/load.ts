/** What a benchmark adds to the report of a lock: how it was loaded, and how rate and latency went over time. */
import { z } from 'zod';
import { longListOf, longMs, longText } from '../base/limits.ts';

const milliseconds = longMs;
const rate = z.number().nonnegative();
const whole = z.number().int().nonnegative();

/** Latency of a stretch: of the acquires that were granted in it. */
const stretchLatency = z.object({ p50: milliseconds, p90: milliseconds, p99: milliseconds, max: milliseconds });

const serviceLatency = stretchLatency.extend({
  count: whole,
  p999: milliseconds,
  min: milliseconds.optional(),
  mean: milliseconds.optional(),
  curve: longListOf(z.tuple([z.number(), milliseconds])).optional(),
});

/** One measured stretch under one load; several rounds of a lock are what a comparison is made of. */
export const roundSchema = z.object({
  index: whole,
  /** Since the benchmark began. */
  atMs: milliseconds,
  durationMs: z.number().positive(),
  cycles: whole,
  /** Cycles per second. */
  throughput: rate,
  acquire: stretchLatency,
  errors: whole,
});
export type Round = z.infer<typeof roundSchema>;

export const loadSchema = z.object({
  /** `closed`: each client asks again when it has done; `open`: arrivals come whether or not the last was served. */
  mode: z.enum(['closed', 'open']),
  arrivals: z.enum(['constant', 'poisson']).optional(),
  /** Name of the preset that the settings come from, such as `documents`. */
  preset: longText.optional(),
  scenario: longText,
  workers: z.number().int().positive(),
  clientsPerWorker: z.number().int().positive(),
  keys: z.number().int().positive(),
  /** Exponent of the Zipf distribution of the keys; 0: all alike. */
  keySkew: z.number().nonnegative(),
  /** Least and most that a lease is held and that a client waits before its next cycle. */
  holdMs: z.tuple([milliseconds, milliseconds]),
  thinkMs: z.tuple([milliseconds, milliseconds]),
  warmUpMs: milliseconds,
  /** Cycles finished while it was measured (warm-up excluded). */
  cycles: whole,
  /** Operations that were not answered as asked, such as `acquire TIMEOUT`. */
  errors: longListOf(z.object({ operation: longText, kind: longText, count: whole })),
  /** Attempts that did not wait and were told that somebody else holds the lock. */
  busy: whole.optional(),
  /** Open loop: how late requests were begun, in milliseconds: the harness's own share of their waits. */
  lateness: stretchLatency.optional(),
  /** Open loop: arrivals of the plan, and those dropped because too many were under way. */
  offered: z.object({ perSecond: rate, arrivals: whole, dropped: whole, inFlightLimit: whole }).optional(),
  /** Offered more than it can do: its latencies say how long the run was, not how fast the lock is. */
  saturated: z.boolean(),
  rounds: longListOf(roundSchema),
  /** Per second of the measured time (finer when it was short): the throughput and latency over time. */
  series: longListOf(
    z.object({ atMs: milliseconds, throughput: rate, errors: whole, acquire: stretchLatency.optional() }),
  ),
  /** Faults under load, on the time line of `series`. */
  faults: longListOf(
    z.object({
      id: longText,
      hazard: longText,
      target: longText,
      fromMs: milliseconds,
      toMs: milliseconds,
      bit: z.boolean(),
      /** From the healing to the first grant after it; absent: none came. */
      firstGrantAfterMs: milliseconds.optional(),
      /** The least throughput of a stretch in it as a share of that before it. */
      dip: z.number().nonnegative().optional(),
      /** From the healing until the throughput is at 90 % of that before; absent: it was not seen. */
      recoveredAfterMs: milliseconds.optional(),
    }),
  ),
  saturation: z
    .object({
      /** Cycles per second that it can do for long. */
      capacity: rate,
      steps: longListOf(
        z.object({ offeredPerSecond: rate, achievedPerSecond: rate, acquireP99: milliseconds, kept: z.boolean() }),
      ),
      /** Latency at 50, 80 and 95 % of the capacity. */
      shares: longListOf(
        z.object({ share: z.number().positive(), offeredPerSecond: rate, throughput: rate, acquire: stretchLatency }),
      ),
    })
    .optional(),
  /** The longest wait of an acquire over the median. */
  longestOverMedian: z.number().nonnegative().optional(),
  /** Rate of our closed loop over that of a bare loop over the same client, in this configuration. */
  harness: z.object({ shareOfBareLoop: z.number().nonnegative(), pairs: whole, configuration: longText }).optional(),
  memory: z.object({ clientMiB: z.number().nonnegative(), serverMiB: z.number().nonnegative() }).partial().optional(),
  /** Simulated: round trips one after another that an undisturbed cycle waits for. */
  criticalPath: z.number().nonnegative().optional(),
  /** What the history of the load says of the lock: a violation refuses it a rank. */
  checked: z.object({ events: whole, operations: whole, verdict: z.enum(['holds', 'violated', 'inconclusive']) }),
  /** Figures of a preset beside ours, such as `acquire p99`: 15 ms and what was measured. */
  expectations: z
    .array(z.object({ what: longText, source: longText, expected: longText, measured: longText, met: z.boolean() }))
    .optional(),
  /** The service of an HTTP scenario, at its end. */
  service: z
    .object({
      requests: whole,
      served: whole,
      refused: whole,
      failed: whole,
      stock: whole,
      sold: whole,
      oversold: whole,
      /** Of the answers, as the buyers saw them. */
      latency: serviceLatency.optional(),
    })
    .optional(),
});
export type Load = z.infer<typeof loadSchema>;
