/**
 * The commands as functions, for programs: `import { verify } from 'holdfast'`.
 *
 * Each takes a request that could be JSON and resolves to a plain result. What goes on meanwhile is told to `onEvent`;
 * nothing is printed, no signal is handled, no configuration file is read and no exit code is set. Names of fields end in
 * their unit: `Ms` is milliseconds. Relative paths are from the current folder.
 *
 * A `signal` that aborts ends a command in order: it resolves, `interrupted` is true, what was seen until then is reported,
 * and no process, container or temporary file is left. Calls may go on side by side; each has a run folder of its own.
 *
 * All of them throw `UsageError` for a request that is wrong (the message names the field) or a lock that departs from the
 * contract, and `InfrastructureError` when servers, processes or files fail, so that nothing can be said of the lock. What
 * was found wrong with a lock is no error: it is in the result.
 *
 * Every command is loaded when it is first called: who imports a lock from `holdfast` does not load the harness.
 */
import type { BenchEvent, BenchRequest } from './bench-request.ts';
import type { CommandOptions } from './caller.ts';
import type { CheckOptions, CheckRequest, CheckResult } from './check.ts';
import type { CompareEvent, CompareRequest } from './compare-request.ts';
import type { ConformanceEvent, ConformanceRequest, ConformanceResult } from './conformance.ts';
import type { DoctorResult } from './doctor.ts';
import type { ReplayRequest, ShrinkRequest, ShrinkResult } from './replay.ts';
import type { ReportRequest, ReportResult } from './report.ts';
import type { RunResult } from './result.ts';
import type { SetupEvent, SetupRequest, SetupResult } from './setup.ts';
import type { SoakEvent, SoakRequest, SoakResult } from './soak.ts';
import type { SpecimensEvent, SpecimensRequest, SpecimensResult } from './specimens.ts';
import type { UpEvent, UpRequest, UpResult } from './up.ts';
import type { ShrinkEvent, VerifyEvent } from './verify-events.ts';
import type { VerifyRequest } from './verify-request.ts';

/**
 * Searches for violations of what locks claim, on real servers under real faults or in the simulation.
 *
 * Writes the run folder `<out>/<time>-<lock>/`: plans, histories, `report.json`, `report.html`, `junit.xml` and `summary.md`;
 * `<out>/latest` links to it. `report.exitCode` is what the command line would exit with: 0 when every claim holds.
 */
export async function verify(request: VerifyRequest, options?: CommandOptions<VerifyEvent>): Promise<RunResult> {
  return (await import('./verify.ts')).verify(request, options);
}

/**
 * Loads locks one after another: throughput in cycles per second, latencies in milliseconds, and whether they still lock.
 *
 * Writes a run folder as `verify` does, and histograms (`*.hlog`) with it.
 */
export async function bench(request: BenchRequest, options?: CommandOptions<BenchEvent>): Promise<RunResult> {
  return (await import('./bench.ts')).bench(request, options);
}

/**
 * Puts locks that take turns, or finished runs, side by side; against a `baseline` it is a gate: `report.exitCode` is 3
 * when something became slower than `fail` allows. The comparison is `report.comparison`.
 *
 * Writes the run folder `<out>/<time>-compare/`, unless it is interrupted.
 */
export async function compare(request: CompareRequest, options?: CommandOptions<CompareEvent>): Promise<RunResult> {
  return (await import('./compare.ts')).compare(request, options);
}

/** Runs a saved plan again. Writes a run folder as `verify` does. */
export async function replay(request: ReplayRequest, options?: CommandOptions<VerifyEvent>): Promise<RunResult> {
  return (await import('./replay.ts')).replay(request, options);
}

/** Looks for a smaller plan that shows the same violation. Writes it to `<out>/shrunk-<lock>-<seed>-<index>.json`. */
export async function shrink(request: ShrinkRequest, options?: CommandOptions<ShrinkEvent>): Promise<ShrinkResult> {
  return (await import('./replay.ts')).shrink(request, options);
}

/**
 * Searches the simulation on all cores for as long as it is given. Writes the smallest plan of each kind of violation to
 * `<out>/shrunk-<lock>-<seed>-<index>.json`, and nothing when it finds none.
 */
export async function soak(request: SoakRequest, options?: CommandOptions<SoakEvent>): Promise<SoakResult> {
  return (await import('./soak.ts')).soak(request, options);
}

/** Judges histories from anywhere. Writes nothing; a file that cannot be read is a result, not an error. */
export async function check(request: CheckRequest, options?: CheckOptions): Promise<CheckResult> {
  return (await import('./check.ts')).check(request, options);
}

/**
 * Runs the one table of cases that every lock must pass, on its real servers. Writes nothing. Unhandled rejections of this
 * process are taken for the lock's meanwhile.
 */
export async function conformance(
  request?: ConformanceRequest,
  options?: CommandOptions<ConformanceEvent>,
): Promise<ConformanceResult> {
  return (await import('./conformance.ts')).conformance(request, options);
}

/** Measures that every lock with a known mistake is caught. Writes nothing that stays. */
export async function specimens(
  request?: SpecimensRequest,
  options?: CommandOptions<SpecimensEvent>,
): Promise<SpecimensResult> {
  return (await import('./specimens.ts')).specimens(request, options);
}

/** Installs what native servers lack on Debian or Ubuntu: packages of the system, and programs in `~/.cache/holdfast`. */
export async function setup(
  request?: SetupRequest,
  options?: Pick<CommandOptions<SetupEvent>, 'onEvent'>,
): Promise<SetupResult> {
  return (await import('./setup.ts')).setup(request, options);
}

/** What this machine can run. Writes nothing. */
export async function doctor(): Promise<DoctorResult> {
  return (await import('./doctor.ts')).doctor();
}

/** Renders the report of a run again, in every format, from its `report.json`. Writes them into the run folder. */
export async function report(request?: ReportRequest): Promise<ReportResult> {
  return (await import('./report.ts')).report(request);
}

/** Starts servers and leaves them running, also beyond the end of this process: runs borrow them until `down`. */
export async function up(request?: UpRequest, options?: Pick<CommandOptions<UpEvent>, 'onEvent'>): Promise<UpResult> {
  return (await import('./up.ts')).up(request, options);
}

/** Ends what `up` has started. @returns whether anything was up */
export async function down(): Promise<boolean> {
  return (await import('./up.ts')).down();
}
