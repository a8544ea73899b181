/** The lines that a worker and a lock in a process of its own exchange: protocol version 1, told in docs/protocol.md. */
import { z } from 'zod';
import type { ConnectContext } from 'holdfast-locks';
import { endpointSchema } from '../../plan/endpoint-schema.ts';

export const PROTOCOL_VERSION = 1;

/** What a lock may be able to do beyond acquiring and releasing. */
export const FEATURES = ['extend', 'renew', 'lost', 'held', 'fence', 'abort', 'shared', 'owner'] as const;
export type Feature = (typeof FEATURES)[number];

/** A moment of the subject's own monotonic clock, in nanoseconds. */
const stamp = z.string().regex(/^\d{1,19}$/, 'expected nanoseconds as a string of digits');
/** When a call into the library began, and when it had returned. */
const stamps = z.tuple([stamp, stamp]);
const id = z.int().nonnegative();
const lease = z.string().min(1).max(200);

export const requestSchema = z.discriminatedUnion('cmd', [
  z.object({
    id,
    cmd: z.literal('hello'),
    /** The highest version that the worker speaks. */
    protocol: z.int().positive(),
    worker: id,
    prefix: z.string(),
    endpoints: z.array(endpointSchema),
    natMap: z.record(z.string(), endpointSchema),
    folder: z.string(),
    options: z.record(z.string(), z.unknown()),
  }),
  z.object({
    id,
    cmd: z.literal('acquire'),
    lease,
    key: z.string(),
    leaseMs: z.number().positive(),
    /** 0: one attempt. */
    waitMs: z.number().nonnegative(),
    /** Whether the library shall extend the lease by itself, if it can. */
    renew: z.boolean(),
    mode: z.enum(['exclusive', 'shared']),
    owner: z.string().optional(),
  }),
  z.object({ id, cmd: z.literal('abort'), of: id }),
  z.object({ id, cmd: z.enum(['extend', 'held', 'release']), lease }),
  z.object({ id, cmd: z.literal('ping') }),
  z.object({ id, cmd: z.literal('bye') }),
]);
export type Request = z.infer<typeof requestSchema>;
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type Question = WithoutId<Request>;

/** The first line to a subject: where its servers are, and what is wanted of it. */
export function helloTo({
  endpoints,
  natMap,
  prefix,
  folder,
  options,
  worker = 0,
}: Omit<ConnectContext, 'signal'>): Question {
  return {
    ...{ cmd: 'hello', protocol: PROTOCOL_VERSION, worker, prefix, folder },
    ...{ endpoints: [...endpoints], natMap: { ...natMap }, options: { ...options } },
  };
}

export const helloSchema = z.looseObject({
  ok: z.literal(true),
  protocol: z.int().positive(),
  name: z.string().min(1),
  libraryVersion: z.string().optional(),
  language: z.string().optional(),
  features: z.array(z.string()).default([]),
  /** By what the library tells owners apart. */
  owner: z.enum(['lease', 'thread', 'session', 'process']).default('lease'),
  /** `monotonic`: stamps are CLOCK_MONOTONIC as it is; `own`: its own monotonic clock of whatever origin. */
  clock: z.enum(['monotonic', 'own']).default('own'),
});
export type Hello = z.infer<typeof helloSchema>;

/** Of every request; which fields count follows from the request. */
export const answerSchema = z.looseObject({
  id,
  ok: z.boolean(),
  t: stamps.optional(),
  /** When the lease ends, on the subject's clock. */
  deadlineNs: stamp.optional(),
  /** Instead: the library names a length and no moment. */
  deadline: z.literal('documented').optional(),
  /** As long as the lease really is, where the service rounds. */
  leaseMs: z.number().positive().optional(),
  fence: z
    .string()
    .regex(/^\d{1,40}$/, 'expected decimal digits')
    .optional(),
  held: z.boolean().optional(),
  /** `busy`, `timeout`, `aborted`, `unavailable`, `invalid-key` or `unsupported`; any other counts as `unavailable`. */
  code: z.string().optional(),
  /** Of a release `released`, `done`, `lost` or `unknown`; of a failure `definite` or `unknown`. */
  outcome: z.enum(['released', 'done', 'lost', 'unknown', 'definite']).optional(),
  message: z.string().optional(),
});
export type Answer = z.infer<typeof answerSchema>;

export const eventSchema = z.discriminatedUnion('event', [
  z.looseObject({
    event: z.literal('lost'),
    lease,
    t: stamp,
    reason: z.enum(['deadline', 'mismatch', 'connection']).default('connection'),
  }),
  z.looseObject({ event: z.literal('renewed'), lease, t: stamp, deadlineNs: stamp }),
]);
export type SubjectEvent = z.infer<typeof eventSchema>;

/** An event of a kind that a later version may add is passed over. */
export const isKnownEvent = (event: unknown): boolean => event === 'lost' || event === 'renewed';
