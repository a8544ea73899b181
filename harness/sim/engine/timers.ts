/** Virtual timers, which look like Node's. */
import { activeWorld, callerIn } from './active.ts';
import { SimEvent } from './heap.ts';
import { real } from './real.ts';
import type { World } from './world.ts';

/** As in Node: anything longer, or less than 1, is 1. */
const LONGEST_MS = 2_147_483_647;

type Callback = (...args: unknown[]) => void;

/** What `setTimeout`, `setInterval` and `setImmediate` answer. */
export class SimTimer extends SimEvent {
  readonly #world: World;
  readonly #delayUs: number;
  readonly #exact: boolean;
  #hasRef = true;

  constructor(world: World, callback: Callback, delayMs: unknown, args: readonly unknown[], repeats: boolean) {
    if (typeof callback !== 'function') throw new TypeError('The "callback" argument must be of type function.');
    const act = args.length === 0 ? callback : () => callback(...args);
    const fire = (): void => {
      if (repeats) this.#arm();
      act();
    };
    super(0, callerIn(world), 'timer', repeats ? fire : act);
    this.#world = world;
    const asked = Number(delayMs);
    // The harness strikes at the very microsecond.
    this.#exact = this.owner === world.system;
    this.#delayUs = this.#exact
      ? Math.max(1, Math.round(asked * 1000))
      : asked >= 1 && asked <= LONGEST_MS
        ? Math.trunc(asked) * 1000
        : 1000;
    this.#arm();
  }

  get delayMs(): number {
    return this.#delayUs / 1000;
  }

  ref(): this {
    this.#hasRef = true;
    return this;
  }

  unref(): this {
    this.#hasRef = false;
    return this;
  }

  hasRef(): boolean {
    return this.#hasRef;
  }

  /** Starts it anew, also when it has come up. One that was cleared stays so. */
  refresh(): this {
    if (!this.cancelled) this.#arm();
    return this;
  }

  close(): this {
    this.cancelled = true;
    return this;
  }

  [Symbol.toPrimitive](): number {
    numbered.set(this.sequence, this);
    return this.sequence;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Node counts in whole milliseconds of its loop's clock: a timer may come up to one early. */
  #arm(): void {
    const { clock } = this.owner;
    const nowUs = clock.at(this.#world.now);
    const startUs = this.#exact ? nowUs : Math.floor(nowUs / 1000) * 1000;
    this.postponedTo = Math.ceil(clock.when(startUs + this.#delayUs));
    if (this.queued) return;
    this.at = this.postponedTo;
    this.#world.enqueue(this);
  }
}

/** Timers that somebody has made a number of. */
const numbered = new Map<number, SimTimer>();

export function clear(timer: unknown): void {
  if (timer instanceof SimTimer) timer.close();
  else if (timer instanceof SimImmediate) timer.cancel();
  else if (typeof timer === 'number' || typeof timer === 'string') numbered.get(Number(timer))?.close();
}

/** As in Node, it comes when the step that asked for it is over, before anything else that happens to its process. */
export class SimImmediate {
  #cancelled = false;

  constructor(world: World, callback: Callback, args: readonly unknown[]) {
    const owner = callerIn(world);
    world.afterStep(owner, () => {
      if (!this.#cancelled) callback(...args);
    });
  }

  cancel(): void {
    this.#cancelled = true;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}

interface SleepOptions {
  readonly ref?: boolean;
  readonly signal?: AbortSignal;
}

/** `setTimeout` of `timers/promises`. */
export function sleep<T>(world: World, delayMs: unknown, value: T, { signal, ref }: SleepOptions = {}): Promise<T> {
  if (signal?.aborted === true) return Promise.reject(abortError(signal));
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      timer.close();
      reject(abortError(signal));
    };
    const timer = new SimTimer(
      world,
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve(value);
      },
      delayMs,
      [],
      false,
    );
    if (ref === false) timer.unref();
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function abortError(signal: AbortSignal | undefined): Error {
  const error = new Error('The operation was aborted', { cause: signal?.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

/** `AbortSignal.timeout`. */
export function timeoutSignal(delayMs: number): AbortSignal {
  const world = activeWorld();
  if (world === undefined) return real.abortTimeout(delayMs);
  const controller = new AbortController();
  const timedOut = (): void =>
    controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  const caller = callerIn(world);
  world.schedule(world.in(caller, delayMs * 1000), caller, 'timer', timedOut);
  return controller.signal;
}
