/** What requests of several commands have in common, and the door that every request passes. */
import { z } from 'zod';
import { BACKEND_CHOICES, type BackendChoice } from '../backends/choose.ts';
import { externalSchema } from '../backends/external-config.ts';
import { UsageError } from '../base/errors.ts';
import { describeIssues } from '../base/issues.ts';

/** A request that contradicts itself. Fields stand in backticks, which the command line spells as its options. */
export class RequestError extends UsageError {}

/** @throws UsageError that names the command, the field and what is expected */
export function parseRequest<Schema extends z.ZodType>(
  command: string,
  schema: Schema,
  request: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(request);
  if (!parsed.success) throw new UsageError(`${command}: ${describeIssues(parsed.error)}`);
  return parsed.data;
}

/** Which servers a lock is run on. */
export interface ServersRequest {
  /**
   * Who starts them; default `auto`: Docker if an engine answers, else native servers, else the simulation (unless the
   * environment says `CI=true`).
   */
  readonly backend?: BackendChoice;
  /** Addresses for `backend: 'external'`. */
  readonly external?: z.input<typeof externalSchema>;
}

export const serversShape = {
  backend: z.enum(BACKEND_CHOICES).default('auto'),
  external: externalSchema.default(() => externalSchema.parse({})),
} satisfies Record<keyof ServersRequest, z.ZodType>;

/** Names of the catalogue, or paths of lock modules from the current folder. */
export type LockNames = string | readonly string[];

const name = z.string().min(1);
export const lockNames = z.union([name, z.array(name).min(1)]).transform((given) => [given].flat());
export const lockOptions = z.record(z.string(), z.unknown()).default({});
export const wholeNumber = (least: number): z.ZodInt => z.int().min(least);
const MAX_LEASE_MS = 3_600_000;
/** The farthest that a timer of Node.js can be set: beyond, it would ring at once. */
const FARTHEST_MS = 2 ** 31 - 1;
export const milliseconds = z
  .number()
  .nonnegative()
  .max(FARTHEST_MS, `expected at most ${FARTHEST_MS} ms, which are 24 days`);
/** Below, the resolution of timers leaves nothing of a lease; beyond, a plan's faults would last longer than a plan may. */
export const leaseLength = z
  .number()
  .min(10, 'expected a lease of at least 10 ms')
  .max(MAX_LEASE_MS, 'expected a lease of at most 1 h');
export const seed = wholeNumber(0).default(() => Math.floor(Math.random() * 2 ** 31));

/** More processes than this are judged, and measured, by the scheduler rather than by the lock. */
const PROCESSES_AT_MOST = 10;

/** @throws RequestError */
export function checkWorkers(workers = 1): void {
  if (workers > PROCESSES_AT_MOST)
    throw new RequestError(
      `\`workers\`: at most ${PROCESSES_AT_MOST} processes; use \`clients\` for more clients in each`,
    );
}
