/**
 * Puts virtual time and chance in the place of Node's, for all code of this thread: to be done before any library is
 * loaded.
 * While no world is active everything falls through to the original.
 */
import crypto from 'node:crypto';
import http2 from 'node:http2';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { promisify } from 'node:util';
import { activeWorld, callerIn } from '../engine/active.ts';
import { SimSession, type SessionOptions } from '../http2/client.ts';
import type { Random } from '../../base/random.ts';
import { loadingNow } from '../engine/loading.ts';
import { real } from '../engine/real.ts';
import { SimSocket } from '../network/socket.ts';
import { simulatedSqlite } from './sqlite.ts';
import { clear, SimImmediate, SimTimer, sleep, timeoutSignal } from '../engine/timers.ts';
import { SimulationError } from '../engine/problems.ts';

const FIRST_PID = 1_000;

type AnyFunction = (...args: never[]) => unknown;

function put(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true });
}

const isActive = (): boolean => activeWorld() !== undefined;
const isActiveOrLoading = (): boolean => isActive() || loadingNow() !== undefined;

/** `virtual` while a world is active, else the original. */
function replace<T extends AnyFunction>(
  target: object,
  name: string,
  original: T,
  virtual: T,
  isVirtual: () => boolean = isActive,
): T {
  const either = function either(this: unknown, ...args: Parameters<T>) {
    return isVirtual() ? virtual(...args) : Reflect.apply(original, this, args);
  };
  put(target, name, either);
  return either as unknown as T;
}

function world(): NonNullable<ReturnType<typeof activeWorld>> {
  const running = activeWorld();
  if (running === undefined) throw new SimulationError('no simulation is running');
  return running;
}

function installTimers(): void {
  type Callback = (...args: unknown[]) => void;
  const after = (callback: Callback, ms: unknown, ...args: unknown[]): unknown =>
    new SimTimer(world(), callback, ms, args, false);
  const every = (callback: Callback, ms: unknown, ...args: unknown[]): unknown =>
    new SimTimer(world(), callback, ms, args, true);
  const soon = (callback: Callback, ...args: unknown[]): unknown => new SimImmediate(world(), callback, args);
  const promised = {
    setTimeout: (ms: unknown, value: unknown, options?: { signal?: AbortSignal }) => sleep(world(), ms, value, options),
    setImmediate: (value: unknown) => new Promise((resolve) => soon(() => resolve(value))),
    setInterval: () => world().fail('setInterval of timers/promises is not simulated'),
  };
  const scheduler = timersPromises.scheduler as unknown as Record<string, AnyFunction>;
  for (const [name, virtual] of Object.entries(promised)) {
    replace(timersPromises, name, real.timersPromises[name as 'setTimeout'] as AnyFunction, virtual as AnyFunction);
  }
  replace(scheduler, 'wait', scheduler['wait'] as AnyFunction, (ms: unknown, options?: object) =>
    sleep(world(), ms, undefined, options),
  );
  replace(scheduler, 'yield', scheduler['yield'] as AnyFunction, () => promised.setImmediate(undefined));
  for (const target of [globalThis, timers]) {
    const virtuals = { setTimeout: after, setInterval: every, setImmediate: soon };
    for (const [name, virtual] of Object.entries(virtuals)) {
      const either = replace(target, name, real[name as 'setTimeout'] as AnyFunction, virtual as AnyFunction);
      const custom = (timersPromises as unknown as Record<string, unknown>)[name];
      Object.defineProperty(either, promisify.custom, { value: custom, configurable: true });
    }
    for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate'] as const) {
      replace(target, name, real[name] as AnyFunction, clear as AnyFunction);
    }
  }
  put(AbortSignal, 'timeout', timeoutSignal);
}

function installClocks(): void {
  const wallMs = (): number => world().wallMs(callerIn(world()));
  const RealDate = real.Date;
  const virtualDate = function VirtualDate(this: unknown, ...args: unknown[]): unknown {
    const given = activeWorld() !== undefined && args.length === 0 ? [wallMs()] : args;
    if (new.target === undefined) return new RealDate(...(given as [])).toString();
    return Reflect.construct(RealDate, given, new.target === virtualDate ? RealDate : new.target);
  };
  for (const name of ['UTC', 'parse'] as const) put(virtualDate, name, RealDate[name]);
  replace(virtualDate, 'now', real.dateNow, wallMs);
  virtualDate.prototype = RealDate.prototype as unknown;
  put(RealDate.prototype, 'constructor', virtualDate);
  put(globalThis, 'Date', virtualDate);
  const monotonicUs = (): number => world().monotonicUs(callerIn(world()));
  replace(performance, 'now', real.performanceNow, () => monotonicUs() / 1000);
  const hrtime = replace(process, 'hrtime', real.hrtime as AnyFunction, (since?: [number, number]) => {
    const now = monotonicUs();
    const [seconds, nanos] = [Math.floor(now / 1e6), (now % 1e6) * 1000];
    if (since === undefined) return [seconds, nanos];
    const elapsed = nanos - since[1];
    return elapsed < 0 ? [seconds - since[0] - 1, elapsed + 1e9] : [seconds - since[0], elapsed];
  });
  replace(hrtime, 'bigint', real.hrtimeBigint, () => BigInt(monotonicUs()) * 1000n);
}

function installChance(): void {
  const chance = (): Random => loadingNow()?.random ?? callerIn(world()).random;
  const secrets = (): Random => loadingNow()?.random ?? callerIn(world()).secrets;
  const fill = <T extends ArrayBufferView>(view: T): T => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    secrets().write(bytes);
    return view;
  };
  const bytes = (size: number): Buffer => fill(Buffer.alloc(size));
  const answer = (value: unknown, callback: unknown): unknown => {
    if (typeof callback !== 'function') return value;
    setImmediate(() => (callback as (error: null, value: unknown) => void)(null, value));
    return undefined;
  };
  const uuid = (): string => {
    const random = bytes(16);
    random[6] = ((random[6] ?? 0) & 0x0f) | 0x40;
    random[8] = ((random[8] ?? 0) & 0x3f) | 0x80;
    return random.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  };
  const part = (view: ArrayBufferView, offset = 0, size = view.byteLength - offset): Uint8Array =>
    new Uint8Array(view.buffer, view.byteOffset + offset, size);
  const virtual = {
    randomBytes: (size: number, callback?: unknown) => answer(bytes(size), callback),
    randomFillSync: (view: ArrayBufferView, offset?: number, size?: number) => (fill(part(view, offset, size)), view),
    randomFill: (view: ArrayBufferView, ...rest: unknown[]) => answer(fill(view), rest.at(-1)),
    randomInt: (from: number, to?: unknown, callback?: unknown) => {
      const [low, high] = typeof to === 'number' ? [from, to] : [0, from];
      return answer(chance().whole(low, high - 1), typeof to === 'function' ? to : callback);
    },
    randomUUID: uuid,
  };
  const chosen = <T extends AnyFunction>(target: object, name: string, original: T, ours: T): T =>
    replace(target, name, original, ours, isActiveOrLoading);
  for (const [name, act] of Object.entries(virtual)) {
    chosen(crypto, name, real.crypto[name as 'randomUUID'] as AnyFunction, act as AnyFunction);
  }
  // `getRandomValues` of the module goes by way of this one.
  chosen(globalThis.crypto, 'getRandomValues', real.webcrypto.getRandomValues as AnyFunction, fill as AnyFunction);
  chosen(globalThis.crypto, 'randomUUID', real.webcrypto.randomUUID, uuid as typeof real.webcrypto.randomUUID);
  chosen(Math, 'random', real.random, () => chance().unit());
}

/** Processes of one machine are told apart by their numbers. */
function installProcess(): void {
  const { pid } = process;
  const get = (): number => {
    const running = loadingNow()?.process ?? (isActive() ? callerIn(world()).process : undefined);
    return running === undefined ? pid : FIRST_PID + running;
  };
  Object.defineProperty(process, 'pid', { get, configurable: true, enumerable: true });
}

function installNetwork(): void {
  const connect = (...args: unknown[]): SimSocket => new SimSocket().connect(...args);
  for (const name of ['connect', 'createConnection'] as const) {
    replace(net, name, real[name] as AnyFunction, connect as AnyFunction);
  }
  const RealSocket = real.Socket;
  const socket = function Socket(...args: unknown[]): unknown {
    const simulated = activeWorld() !== undefined && (new.target === undefined || new.target === socket);
    return simulated ? new SimSocket() : Reflect.construct(RealSocket, args, new.target ?? RealSocket);
  };
  socket.prototype = RealSocket.prototype as unknown;
  Object.setPrototypeOf(socket, RealSocket);
  for (const name of ['Socket', 'Stream']) put(net, name, socket);
  const open = (authority: string, ...rest: unknown[]): SimSession => {
    const [options, listener] = typeof rest[0] === 'function' ? [{}, rest[0]] : rest;
    const session = new SimSession(authority, options as SessionOptions);
    if (typeof listener === 'function') session.once('connect', listener as () => void);
    return session;
  };
  replace(http2, 'connect', real.http2Connect as AnyFunction, open);
}

function installFiles(): void {
  const simulated = simulatedSqlite();
  if (simulated !== undefined) put(simulated.sqlite, 'DatabaseSync', simulated.Database);
}

/** Once for a thread. */
export function install(): void {
  installTimers();
  installClocks();
  installChance();
  installNetwork();
  installFiles();
  installProcess();
  syncBuiltinESMExports();
}
