/** The report of a run: what `report.json` holds, what `--json` prints, and all that a reporter is given. */
import { z } from 'zod';
import { longListOf, longMs, longText } from '../base/limits.ts';
import { BACKENDS } from 'holdfast-locks';
import { HAZARDS, PROPERTIES } from 'holdfast-locks/internal/claims';
import { applicationFaultSchema } from './application.ts';
import { breachSchema } from './breach.ts';
import { comparisonSchema } from './comparison.ts';
import { loadSchema } from './load.ts';

export const REPORT_VERSION = 1;

const milliseconds = longMs;

/** One bar of the timeline: who held (or believed to hold) what, when. Times in milliseconds since the plan began. */
const holding = z.object({
  worker: longText,
  lease: longText,
  fence: longText.optional(),
  /** The acquire was called, granted; the belief ended; the release was answered (absent: never). */
  requestedMs: milliseconds,
  grantedMs: milliseconds,
  endedMs: milliseconds,
  releasedMs: milliseconds.optional(),
  deadlineMs: milliseconds.optional(),
  ending: z.enum(['released', 'lost', 'unknown', 'deadline', 'crash', 'open']),
  inWitness: z.boolean(),
});

const faultWindow = z.object({
  id: longText,
  hazard: z.enum(HAZARDS),
  /** The name of a worker as in `holdings`, or of a server such as `node 1`. */
  target: longText,
  fromMs: milliseconds,
  toMs: milliseconds,
  bit: z.boolean(),
});

const resourceUse = z.object({
  worker: longText,
  lease: longText,
  atMs: milliseconds,
  door: z.enum(['plain', 'fenced']),
  use: z.enum(['read', 'write']),
  from: z.number().optional(),
  to: z.number(),
  accepted: z.boolean(),
  inWitness: z.boolean(),
});

/** The stretch of a history around a witness. */
export const timelineSchema = z.object({
  key: longText,
  fromMs: milliseconds,
  toMs: milliseconds,
  holdings: longListOf(holding),
  faults: longListOf(faultWindow),
  uses: longListOf(resourceUse),
});
export type Timeline = z.infer<typeof timelineSchema>;

export const witnessSchema = z.object({
  summary: longText,
  /** At most five lines, oldest first: what happened, in words. */
  story: z.array(longText).max(5),
  /** The events of the history that prove it. */
  events: longListOf(z.record(longText, z.unknown())),
  timeline: timelineSchema.optional(),
});
export type Witness = z.infer<typeof witnessSchema>;

export const cellSchema = z.object({
  property: z.enum(PROPERTIES),
  /** One hazard, or two joined by `+` where a plan combined them. */
  hazard: longText,
  claim: z.enum(['holds', 'not-promised', 'unavailable', 'not-applicable']),
  verdict: z.enum(['holds', 'violated', 'inconclusive']),
  /** Why it is inconclusive, or what was seen where nothing was promised. */
  note: longText.optional(),
  /** Not on the list of the profile, or impossible here: `note` says why. It does not count towards the exit code. */
  exempt: z.boolean(),
  /** Plans run; operations judged. */
  runs: z.number().int().nonnegative(),
  operations: z.number().int().nonnegative(),
  /** Violations, over all runs. */
  violations: z.number().int().nonnegative(),
  faultsApplied: z.number().int().nonnegative(),
  faultsBitten: z.number().int().nonnegative(),
  witness: witnessSchema.optional(),
  /** File of the plan, relative to the run folder. */
  plan: longText.optional(),
  /** Runs it again. */
  replay: longText.optional(),
  /** Of one that was not reached for want of time: about how long the plan for it takes. */
  wouldTakeMs: milliseconds.optional(),
});
export type Cell = z.infer<typeof cellSchema>;

const latencySchema = z.object({
  count: z.number().int().nonnegative(),
  p50: milliseconds,
  p90: milliseconds,
  p99: milliseconds,
  p999: milliseconds,
  max: milliseconds,
  min: milliseconds.optional(),
  mean: milliseconds.optional(),
  /** [percentile from 0 to 100, milliseconds]: points of the HDR curve. */
  curve: longListOf(z.tuple([z.number(), milliseconds])).optional(),
});
export type Latency = z.infer<typeof latencySchema>;

const thresholdResultSchema = z.object({
  expression: longText,
  /** In the metric's unit; absent where nothing was measured. */
  measured: z.number().optional(),
  verdict: z.enum(['met', 'missed', 'inconclusive']),
  /** Why it is inconclusive. */
  note: longText.optional(),
});
export type ThresholdResult = z.infer<typeof thresholdResultSchema>;

/** What a published lock, or one in a process of its own, stands on. */
const librarySchema = z.object({
  language: longText.optional(),
  version: longText.optional(),
});
export type Library = z.infer<typeof librarySchema>;

export const lockReportSchema = z.object({
  name: longText,
  summary: longText,
  library: librarySchema.optional(),
  /** Of one in a process of its own: what the way to that process and back has added to each call, in microseconds. */
  pipe: z
    .object({ calls: z.number().int().positive(), p50Us: z.number().nonnegative(), p99Us: z.number().nonnegative() })
    .optional(),
  backend: z.object({
    kind: z.enum(BACKENDS),
    topology: longText,
    provisioner: z.enum(['docker', 'native', 'external', 'sim']),
    /** Why this provisioner, such as `no Docker engine answers`. */
    provisionerReason: longText.optional(),
    version: longText,
    /** Settings of the servers that the claims depend on. */
    settings: z.record(longText, longText),
  }),
  workers: z.number().int().positive(),
  leaseMs: z.number().positive(),
  cells: longListOf(cellSchema),
  /** Of a lock that claims nothing: what was tried and held, as a table of claims to be pasted into its file. */
  supportedClaims: z.record(longText, z.unknown()).optional(),
  /** What it did that no lock may do, whatever it claims. */
  breaches: longListOf(breachSchema).optional(),
  /** What the application of the scenario did wrong while the lock kept its claims. */
  applicationFaults: longListOf(applicationFaultSchema).optional(),
  /** What was searched in the simulation before the real servers were asked, and whether they confirmed what it found. */
  search: z
    .object({
      schedules: z.number().int().nonnegative(),
      found: z
        .object({ property: z.enum(PROPERTIES), hazards: longListOf(z.enum(HAZARDS)), reproduced: z.boolean() })
        .optional(),
    })
    .optional(),
  /** What there was no time for: plans, or parts of them, and about how long the whole plan takes. */
  leftOut: longListOf(
    z.object({ hazards: longListOf(z.enum(HAZARDS)), what: longText, wouldTakeMs: milliseconds }),
  ).optional(),
  /** Plans during which the harness, or its machine, was disturbed: they were run again, or left out in the end. */
  disturbed: longListOf(
    z.object({
      /** Its number. */
      plan: z.number().int().nonnegative(),
      hazards: longListOf(z.enum(HAZARDS)),
      /** What disturbed each run that does not count. */
      reasons: longListOf(longText),
      judged: z.boolean(),
    }),
  ).optional(),
  /** What cannot be produced here, and why. */
  notTestable: longListOf(z.object({ hazard: z.enum(HAZARDS), reason: longText })),
  /** Locked increments that were checked. */
  increments: z.number().int().nonnegative(),
  overruns: z.number().int().nonnegative(),
  refusedStale: z.number().int().nonnegative(),
  /** Milliseconds; undisturbed (hazard `none`) cycles only. */
  latency: z.object({
    acquire: latencySchema.optional(),
    hold: latencySchema.optional(),
    release: latencySchema.optional(),
    handover: latencySchema.optional(),
    try: latencySchema.optional(),
    renew: latencySchema.optional(),
  }),
  /** Cycles per second of the undisturbed plans. */
  throughput: z.number().nonnegative().optional(),
  /** What the application of the scenario came to in them. */
  applicationRate: z.object({ unit: longText, perSecond: z.number().nonnegative() }).optional(),
  /** Jain's index of grants over clients of the undisturbed plans, 0 to 1. */
  fairness: z.number().min(0).max(1).optional(),
  /** Processor time of the undisturbed plans. */
  cpu: z.object({ clientMs: milliseconds, serverMs: milliseconds }).partial().optional(),
  commandsPerCycle: z.number().nonnegative().optional(),
  /** Of a benchmark: how it was loaded, and how it went over time. */
  load: loadSchema.optional(),
  /** What was demanded of the latencies and rates, such as `acquire p(99)<50`, and what was measured. */
  thresholds: longListOf(thresholdResultSchema).optional(),
});
export type LockReport = z.infer<typeof lockReportSchema>;

/** A lock that was to be run, and could not. */
const leftOutSchema = z.object({ name: longText, reason: longText });
export type LeftOut = z.infer<typeof leftOutSchema>;

export const reportSchema = z.object({
  schemaVersion: z.literal(REPORT_VERSION),
  tool: z.object({ name: z.literal('holdfast'), version: longText }),
  run: longText,
  startedAt: z.iso.datetime(),
  elapsedMs: milliseconds,
  machine: z.object({
    os: longText,
    cpu: longText,
    cores: z.number().int().positive(),
    memoryGiB: z.number().positive(),
    node: longText,
    /** Milliseconds by which timers were late in the pre-flight, 99th percentile. */
    timerLatenessMs: milliseconds,
    tooBusyToJudge: z.boolean(),
  }),
  /** As typed, credentials redacted. */
  command: longText,
  /** Published locks that could not be run here, and what would change that. */
  leftOut: longListOf(leftOutSchema).optional(),
  profile: longText,
  seed: z.number().int(),
  locks: longListOf(lockReportSchema),
  /** Of `compare`: the locks side by side. */
  comparison: comparisonSchema.optional(),
  exitCode: z.literal([0, 1, 2, 3, 4, 5, 130]),
  /** One sentence that explains the exit code. */
  conclusion: longText,
});
export type Report = z.infer<typeof reportSchema>;
