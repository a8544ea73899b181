/**
 * What a long command shows while it runs: on a terminal one live line, elsewhere a plain line at sensible moments (at
 * the start, when a violation is found, and twice a minute), and nothing when it is to be quiet.
 */
import { shortened, counted, count, duration } from '../../reports/wording.ts';
import { plain, type Paint } from '../../reports/terminal/paint.ts';
import { printable } from '../../reports/terminal/printable.ts';

export interface ProgressState {
  /** What runs just now, such as `redis under client-pause`. */
  readonly doing: string;
  /** Units finished, and how many there will be; `total` 0 = not known. */
  readonly done: number;
  readonly total: number;
  readonly violations: number;
}

export interface Progress {
  /** Something has changed; what is not given stays as it was. */
  update(change: Partial<ProgressState>): void;
  /** A line that stays. */
  note(line: string): void;
  /** Clears the live line and stops. Further calls do nothing. */
  stop(): void;
}

export interface ProgressClock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls `run` every `ms` milliseconds until the returned function is called; keeps no process alive. */
  every(ms: number, run: () => void): () => void;
}

/** Where the lines go; `process.stderr` is one, so that stdout stays free for results. */
export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface ProgressOptions {
  readonly output: ProgressOutput;
  readonly quiet?: boolean;
  readonly paint?: Paint;
  readonly clock?: ProgressClock;
  /** What is counted, in the plural. */
  readonly units?: string;
}

const systemClock: ProgressClock = {
  now: () => performance.now(),
  every: (ms, run) => {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
};

/** How often the live line is drawn anew at most, and at least. */
const LEAST_REDRAW_MS = 100;
const TICK_MS = 1000;
const PLAIN_EVERY_MS = 30_000;
/** Before so many units are done, what remains cannot be told. */
const LEAST_DONE = 3;
const CLEAR_LINE = '\r\u001b[K';

const QUIET: Progress = { update: () => undefined, note: () => undefined, stop: () => undefined };

/** Starts to show progress; the time counts from now. */
export function startProgress(options: ProgressOptions): Progress {
  if (options.quiet === true) return QUIET;
  return options.output.isTTY === true ? liveProgress(options) : plainProgress(options);
}

function liveProgress({ output, paint = plain, clock = systemClock, units = 'plans' }: ProgressOptions): Progress {
  const startedMs = clock.now();
  let state: ProgressState = { doing: '', done: 0, total: 0, violations: 0 };
  let drawnMs = -Infinity;
  let stopped = false;
  const draw = (): void => {
    drawnMs = clock.now();
    output.write(CLEAR_LINE + liveLine(state, drawnMs - startedMs, units, (output.columns ?? 80) - 1, paint));
  };
  const stopTicking = clock.every(TICK_MS, draw);
  return {
    update(change) {
      if (stopped) return;
      const worse = (change.violations ?? 0) > state.violations;
      state = { ...state, ...printable(change) };
      if (worse || clock.now() - drawnMs >= LEAST_REDRAW_MS) draw();
    },
    note(line) {
      if (stopped) return;
      output.write(`${CLEAR_LINE}${line}\n`);
      draw();
    },
    stop() {
      if (stopped) return;
      stopped = true;
      stopTicking();
      output.write(CLEAR_LINE);
    },
  };
}

function plainProgress({ output, clock = systemClock, units = 'plans' }: ProgressOptions): Progress {
  const startedMs = clock.now();
  let state: ProgressState = { doing: '', done: 0, total: 0, violations: 0 };
  let writtenMs: number | undefined;
  let stopped = false;
  const write = (): void => {
    writtenMs = clock.now();
    output.write(`${plainLine(state, writtenMs - startedMs, units)}\n`);
  };
  const stopTicking = clock.every(TICK_MS, () => {
    if (writtenMs !== undefined && clock.now() - writtenMs >= PLAIN_EVERY_MS) write();
  });
  return {
    update(change) {
      if (stopped) return;
      const worse = (change.violations ?? 0) > state.violations;
      state = { ...state, ...printable(change) };
      if (worse || writtenMs === undefined || clock.now() - writtenMs >= PLAIN_EVERY_MS) write();
    },
    note(line) {
      if (!stopped) output.write(`${line}\n`);
    },
    stop() {
      stopped = true;
      stopTicking();
    },
  };
}

/** What is running gives way first where the terminal is narrow. */
function liveLine(state: ProgressState, elapsedMs: number, units: string, width: number, paint: Paint): string {
  const done = doneText(state, units);
  const times = timesText(state, elapsedMs);
  const found = state.violations === 0 ? '' : shortened(`  ✗ ${counted(state.violations, 'violation')}`, width);
  const room = width - done.length - times.length - found.length - 4;
  const doing = room < 8 ? '' : `  ${shortened(state.doing, room)}`;
  const rest = shortened(`${done}${doing}  ${times}`, width - found.length);
  return rest + (found === '' ? '' : paint(['red', 'bold'], found));
}

function plainLine(state: ProgressState, elapsedMs: number, units: string): string {
  const found = state.violations === 0 ? [] : [counted(state.violations, 'violation')];
  const doing = state.doing === '' ? [] : [state.doing];
  return [doneText(state, units), ...doing, timesText(state, elapsedMs), ...found].join(', ');
}

function doneText({ done, total }: ProgressState, units: string): string {
  return total === 0 ? `${count(done)} ${units}` : `${count(done)}/${count(total)} ${units}`;
}

function timesText({ done, total }: ProgressState, elapsedMs: number): string {
  const elapsed = duration(Math.floor(elapsedMs / 1000) * 1000).replace('.0 s', ' s');
  if (done < LEAST_DONE || total <= done) return elapsed.replace(/^0 ms$/u, '0 s');
  return `${elapsed}, about ${roughly((elapsedMs / done) * (total - done))} left`;
}

/** A guess deserves no more digits: whole ten seconds, then minutes. */
function roughly(ms: number): string {
  if (ms < 90_000) return `${Math.max(Math.ceil(ms / 10_000), 1) * 10} s`;
  return `${Math.round(ms / 60_000)} min`;
}
