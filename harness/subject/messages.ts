/** Messages between the harness and a worker process. */
import { z } from 'zod';
import { BREACH_KINDS } from '../report/breach.ts';
import { liveSchema, loadedSchema, loadOrderSchema, probeOrderSchema, probeSchema } from './load/messages.ts';
import { MOMENTS } from '../plan/moments.ts';
import { folderFaultSchema } from '../plan/folder-fault.ts';
import { practiceSchema } from '../plan/practice.ts';
import { THROWING } from '../plan/throwing.ts';
import { endpointSchema } from '../plan/endpoint-schema.ts';

/** What a worker is to do in one run. */
const assignmentSchema = z.object({
  worker: z.number().int().nonnegative(),
  workers: z.number().int().positive(),
  clientsPerWorker: z.number().int().positive(),
  /** How often this worker was killed before in this run; its process numbers go on from there. */
  incarnation: z.number().int().nonnegative(),
  keys: z.array(z.string()).min(1),
  lapseKey: z.string().optional(),
  /** Each client ends after so many; without, when the run does. */
  cycles: z.number().int().positive().optional(),
  leaseMs: z.number().positive(),
  leasesMs: z.array(z.number().positive()).min(1).optional(),
  acquireTimeoutMs: z.number().positive(),
  renew: z.boolean(),
  holdsMs: z.array(z.number().nonnegative()).min(1),
  thinksMs: z.array(z.number().nonnegative()).min(1),
  practice: practiceSchema.optional(),
  throws: z.array(z.enum(THROWING)).min(1).optional(),
  /** What clients draw from. */
  seed: z.number().int(),
});
export type Assignment = z.infer<typeof assignmentSchema>;

/** The same with what a process of its own needs besides. */
export const taskSchema = assignmentSchema.extend({
  historyFile: z.string(),
  originNs: z.string(),
  scenario: z.string(),
});
export type Task = z.infer<typeof taskSchema>;

export const toWorkerSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('connect'),
    module: z.string(),
    nodes: z.array(z.object({ announced: z.string(), endpoint: endpointSchema })),
    entrances: z.array(z.number().int().nonnegative()),
    folder: z.string(),
    /** Whether faults may meet the lock in the folder. */
    livesInFolder: z.boolean(),
    prefix: z.string(),
    worker: z.number().int().nonnegative(),
    /** Whether faults may strike the ways to the servers: then it is watched what crosses them. */
    linked: z.boolean(),
    options: z.record(z.string(), z.unknown()),
    /** Absent: there is no resource process. */
    resourcePort: z.number().optional(),
  }),
  z.object({ type: z.literal('run'), task: taskSchema }),
  z.object({ type: z.literal('load'), order: loadOrderSchema }),
  z.object({ type: z.literal('probe'), order: probeOrderSchema }),
  /** Tell when the n-th moment of this kind from now is reached. */
  z.object({ type: z.literal('aim'), id: z.string(), moment: z.enum(MOMENTS), nth: z.number().int().positive() }),
  z.object({ type: z.literal('tell-next-grant') }),
  z.object({ type: z.literal('finish') }),
  z.object({ type: z.literal('tell-wall-clock') }),
  z.object({ type: z.literal('disturb-folder'), fault: folderFaultSchema.optional() }),
  /** Answer `settled` once the lock's backend answers it. */
  z.object({ type: z.literal('settle') }),
]);
export type ToWorker = z.infer<typeof toWorkerSchema>;

export const fromWorkerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('connected') }),
  z.object({ type: z.literal('moment'), id: z.string() }),
  z.object({ type: z.literal('granted'), key: z.string() }),
  z.object({ type: z.literal('finished') }),
  /** Of a lock in a process of its own: what it stands on, and what the pipe has added to each call since the last time. */
  z.object({
    type: z.literal('subject'),
    library: z.object({ language: z.string().optional(), version: z.string().optional() }),
    pipeUs: z.array(z.number()),
  }),
  z.object({ type: z.literal('live'), live: liveSchema }),
  z.object({ type: z.literal('serving'), port: z.number().int().positive() }),
  z.object({ type: z.literal('loaded'), loaded: loadedSchema }),
  z.object({ type: z.literal('probed'), probe: probeSchema }),
  z.object({ type: z.literal('wall-clock'), ms: z.number() }),
  z.object({ type: z.literal('settled') }),
  /** `breach`: by the lock's own doing. */
  z.object({ type: z.literal('failed'), breach: z.enum(BREACH_KINDS).optional(), message: z.string() }),
]);
export type FromWorker = z.infer<typeof fromWorkerSchema>;
