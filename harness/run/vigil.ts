/**
 * Whether the machine was fit to judge on while a plan ran: a harness that was itself stopped or starved, as on a laptop
 * that slept, has not seen what it thinks it has, and a wall clock that was set has ended leases of servers.
 */

const LOOK_EVERY_MS = 100;
/** The harness was not running for so long, though it had something to do. */
const STOPPED_MS = 1000;
/** By more than this a clock is set, not slewed. */
const STEP_MS = 250;

/** One look at the clocks, all in milliseconds. */
export interface Look {
  readonly monotonic: number;
  readonly wall: number;
  /** Processor time that this process has had. */
  readonly cpu: number;
}

/** What came between two looks that were to be so far apart, in words; `undefined` when nothing did. */
export function disturbanceBetween(before: Look, after: Look, apartMs = LOOK_EVERY_MS): string | undefined {
  const passed = after.monotonic - before.monotonic;
  // What it worked itself it was not stopped.
  const stopped = passed - apartMs - (after.cpu - before.cpu);
  if (stopped > STOPPED_MS) return `the harness was stopped for ${Math.round(stopped)} ms`;
  const step = after.wall - before.wall - passed;
  if (Math.abs(step) > STEP_MS) return `the clock of the machine was set by ${Math.round(step)} ms`;
  return undefined;
}

function look(): Look {
  const { user, system } = process.cpuUsage();
  return { monotonic: performance.now(), wall: Date.now(), cpu: (user + system) / 1000 };
}

/** Keeps watch until it is asked. */
export class Vigil {
  #last = look();
  #disturbance: string | undefined;
  readonly #timer = setInterval(() => this.#look(), LOOK_EVERY_MS);

  /** Ends the watch. @returns what disturbed the machine first, in words; `undefined` when nothing did */
  end(): string | undefined {
    clearInterval(this.#timer);
    this.#look();
    return this.#disturbance;
  }

  #look(): void {
    const now = look();
    this.#disturbance ??= disturbanceBetween(this.#last, now);
    this.#last = now;
  }
}
