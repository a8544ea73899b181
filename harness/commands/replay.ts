/** `replay` and `shrink`: a saved plan again, and a smaller one that shows the same. */
import { isPromise } from 'holdfast-locks/internal/claims';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../base/errors.ts';
import { parsePlan, PlanError, type Plan } from '../plan/plan.ts';
import { stretched } from '../plan/stretch.ts';
import { callerOf, type CommandOptions } from './caller.ts';
import { inSession, unlessAborted } from './in-session.ts';
import { keepPlan } from './keep-plan.ts';
import { resolveLock } from './locks.ts';
import { readReport } from './read-report.ts';
import { leaseLength, lockOptions, parseRequest, serversShape, wholeNumber, type ServersRequest } from './request.ts';
import type { Shown } from '../verdict/matrix.ts';
import type { RunResult } from './result.ts';
import { shrinkPlan } from './shrink-plan.ts';
import { readText } from './read-text.ts';
import { isWithin, mustBeTrusted } from './trust.ts';
import type { ShrinkEvent, VerifyEvent } from './verify-events.ts';
import { verifyLocks } from './verify-locks.ts';
import { verifySchema } from './verify-request.ts';
import { settingsOf } from './verify-settings.ts';

export interface ShrinkRequest extends ServersRequest {
  /** A plan, its file, or a run folder: then the plan of its first counterexample. */
  readonly plan: string | Plan;
  /** Options of the lock, in place of those of the plan that have these names. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Another length of a lease: the plan is stretched to it. */
  readonly leaseMs?: number;
  /** The folder in which the smaller plan is kept; default `runs` in the current folder. */
  readonly out?: string;
  /** Whether code outside of this project may run that the plan names; default: it is refused. */
  readonly trust?: boolean;
}

export interface ReplayRequest extends ShrinkRequest {
  /** How often; default 1. */
  readonly runs?: number;
  /** What is demanded of the figures, such as `acquire p(99)<50`. */
  readonly thresholds?: readonly string[];
}

export type ShrinkResult =
  | {
      readonly outcome: 'shrunk';
      /** The property that is violated, or the kind of the breach. */
      readonly property: Shown;
      readonly plan: Plan;
      /** Where that plan is kept. */
      readonly file: string;
      /** Smaller plans that were tried. */
      readonly tries: number;
    }
  | { readonly outcome: 'no-violation' }
  | { readonly outcome: 'interrupted' };

const shape = {
  ...serversShape,
  // A plan is parsed with the file that it may come from, so that both are told of in one way.
  plan: z.union([z.string().min(1), z.custom<Plan>((value) => typeof value === 'object' && value !== null)], {
    error: 'expected a plan, its file, or a run folder',
  }),
  options: lockOptions,
  leaseMs: leaseLength.optional(),
  out: z.string().default('runs'),
  trust: z.boolean().default(false),
} satisfies Record<keyof ShrinkRequest, z.ZodType>;
const shrinkSchema = z.strictObject(shape);
const replayShape = {
  ...shape,
  runs: wholeNumber(1).default(1),
  thresholds: z.array(z.string()).default([]),
} satisfies Record<keyof ReplayRequest, z.ZodType>;
const replaySchema = z.strictObject(replayShape);

export async function replay(request: ReplayRequest, options: CommandOptions<VerifyEvent> = {}): Promise<RunResult> {
  const {
    plan: given,
    options: changed,
    leaseMs: asked,
    runs,
    trust,
    ...rest
  } = parseRequest('replay', replaySchema, request);
  const plan = changedPlan(planOf(given, trust), changed, asked);
  const lock = await resolveLock(plan.lock, plan.options);
  const { topology, workers, hazards, scenario, seed, leaseMs } = plan;
  const verifying = verifySchema.parse({ ...rest, runs, topology, workers, hazards, scenario, seed });
  const deck = Array.from({ length: runs }, (_, index) => ({ ...plan, index: plan.index + index }));
  const settings = { ...settingsOf({ ...verifying, timeMs: Infinity }), leaseMs, deck };
  return verifyLocks([lock], settings, callerOf('replay', request, options));
}

export async function shrink(request: ShrinkRequest, options: CommandOptions<ShrinkEvent> = {}): Promise<ShrinkResult> {
  const {
    plan: given,
    options: changed,
    leaseMs,
    out,
    trust,
    backend,
    external,
  } = parseRequest('shrink', shrinkSchema, request);
  const plan = changedPlan(planOf(given, trust), changed, leaseMs);
  const lock = await resolveLock(plan.lock, plan.options);
  const { signal, tell } = callerOf('shrink', request, options);
  return inSession(async (session) => {
    const ground = { session, lock, backend, external, signal, tell };
    const shrunk = await unlessAborted(signal, () => shrinkPlan(ground, plan));
    if (signal.aborted) return { outcome: 'interrupted' };
    if (shrunk === undefined) return { outcome: 'no-violation' };
    return { outcome: 'shrunk', ...shrunk, file: keepPlan(shrunk.plan, out) };
  });
}

/** @throws UsageError in one line that names the file and what is wrong with it. */
function planOf(given: string | Plan, trust: boolean): Plan {
  if (typeof given !== 'string') {
    const plan = parsed(JSON.stringify(given), 'the plan');
    mustBeTrusted(plan, 'the plan', trust, '`trust: true`');
    return plan;
  }
  if (!existsSync(given)) throw new UsageError(`${given}: no such plan or run folder`);
  const file = statSync(given).isDirectory() ? counterexampleOf(given, trust) : given;
  const plan = parsed(readText(file), file);
  mustBeTrusted(plan, file, trust);
  return plan;
}

const changedPlan = (plan: Plan, options: Plan['options'], leaseMs = plan.leaseMs): Plan =>
  stretched({ ...plan, options: { ...plan.options, ...options } }, leaseMs);

function parsed(text: string, source: string): Plan {
  try {
    return parsePlan(text, source);
  } catch (error) {
    if (error instanceof PlanError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function counterexampleOf(folder: string, trust: boolean): string {
  const { locks } = readReport(folder);
  const cells = locks.flatMap((lock) => lock.cells);
  const violated = cells.filter((cell) => cell.verdict === 'violated' && cell.plan !== undefined);
  const [beside] = locks.flatMap(({ breaches = [], applicationFaults = [] }) => [...breaches, ...applicationFaults]);
  const shown = violated.find(({ claim }) => isPromise(claim)) ?? beside ?? violated[0];
  if (shown?.plan === undefined)
    throw new UsageError(`${folder} has no counterexample to replay: name one of its plan files`);
  const file = join(folder, shown.plan);
  if (!isWithin(folder, file) && !trust)
    throw new UsageError(`the report in ${folder} names a plan outside of it, ${file}: look at it, then say --trust`);
  return file;
}
