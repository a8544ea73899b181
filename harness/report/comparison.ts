/** What a comparison adds to a report: locks side by side, what changed against a baseline, and which lock when. */
import { z } from 'zod';
import { longListOf, longText } from '../base/limits.ts';
import { HAZARDS, PROPERTIES } from 'holdfast-locks/internal/claims';

const positiveShare = z.number().nonnegative();

/** The median over the rounds of a lock; the interval is missing where there was one round only. */
export const figureSchema = z.object({
  median: z.number().nonnegative(),
  low: z.number().nonnegative().optional(),
  high: z.number().nonnegative().optional(),
  /** With which probability the interval covers the median, 0 to 1. */
  confidence: z.number().min(0).max(1).optional(),
});
export type Figure = z.infer<typeof figureSchema>;

/** The measurements that are compared, in cycles per second and milliseconds. */
export const COMPARED = ['throughput', 'acquire p50', 'acquire p99'] as const;

const rowSchema = z.object({
  /** Index of the lock in the report's `locks`. */
  lock: z.number().int().nonnegative(),
  /** Its name, and its run where the name alone is not enough. */
  label: longText,
  rounds: z.number().int().nonnegative(),
  figures: z.object({
    throughput: figureSchema.optional(),
    'acquire p50': figureSchema.optional(),
    'acquire p99': figureSchema.optional(),
  }),
  /** 1 + how many locks are really better; several may share one. Absent: `unranked` says why. */
  rank: z.number().int().positive().optional(),
  unranked: longText.optional(),
  guarantees: longListOf(
    z.object({
      question: longText,
      property: z.enum(PROPERTIES),
      hazards: longListOf(z.enum(HAZARDS)),
      /** `impossible`: the hazard cannot befall it, or there is nothing left to hold. */
      answer: z.enum(['yes', 'no', 'impossible', 'unknown']),
      /** Tries that put it to the test in this report, and whether it broke; absent: it is the lock's own word only. */
      tested: z.object({ tries: z.number().int().nonnegative(), violated: z.boolean() }).optional(),
    }),
  ),
});
export type Row = z.infer<typeof rowSchema>;
export type Guarantee = Row['guarantees'][number];

const changeSchema = z.object({
  label: longText,
  metric: z.enum(COMPARED),
  baseline: z.number().nonnegative(),
  candidate: z.number().nonnegative(),
  /** How much worse, as a share: 0.2 is 20 % less throughput or 20 % more latency; negative: better. */
  loss: z.number(),
  lossLow: z.number().optional(),
  lossHigh: z.number().optional(),
  confidence: z.number().min(0).max(1).optional(),
  verdict: z.enum(['improved', 'unchanged', 'warning', 'regressed', 'inconclusive']),
  note: longText.optional(),
});
export type Change = z.infer<typeof changeSchema>;

export const comparisonSchema = z.object({
  /** The locks took turns on one machine; otherwise each was measured at a time of its own. */
  interleaved: z.boolean(),
  /** How the intervals and the ranks come about, in words. */
  method: longText,
  /** What the ranks go by. */
  rankedBy: z.enum(COMPARED).optional(),
  /** Why no lock of this comparison has a rank. */
  unranked: longText.optional(),
  rows: longListOf(rowSchema),
  baseline: z
    .object({
      name: longText,
      /** In turns with the candidates, or stored. */
      interleaved: z.boolean(),
      limits: z.object({ warn: positiveShare, fail: positiveShare }),
      changes: longListOf(changeSchema),
      notes: longListOf(longText),
    })
    .optional(),
  /** Which lock when, by what was measured. */
  guide: longListOf(
    z.object({
      need: longText,
      /** Labels of the best, which do not differ really; empty: none of those measured will do. */
      best: longListOf(longText),
      why: longText,
    }),
  ),
});
export type Comparison = z.infer<typeof comparisonSchema>;
export type Advice = Comparison['guide'][number];
