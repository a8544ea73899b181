/** The functions of the real world, kept before `install.ts` puts virtual ones in their place. */
import { AsyncLocalStorage } from 'node:async_hooks';
import crypto from 'node:crypto';
import http2 from 'node:http2';
import net from 'node:net';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';

const { performance } = globalThis;

export const real = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  setImmediate: globalThis.setImmediate,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval,
  clearImmediate: globalThis.clearImmediate,
  timers: { ...timers },
  timersPromises: { ...timersPromises },
  Date: globalThis.Date,
  dateNow: globalThis.Date.now,
  performanceNow: performance.now.bind(performance),
  hrtime: process.hrtime.bind(process),
  hrtimeBigint: process.hrtime.bigint.bind(process.hrtime),
  random: Math.random,
  abortTimeout: AbortSignal.timeout.bind(AbortSignal),
  crypto: {
    randomBytes: crypto.randomBytes,
    randomFillSync: crypto.randomFillSync,
    randomFill: crypto.randomFill,
    randomInt: crypto.randomInt,
    randomUUID: crypto.randomUUID,
  },
  webcrypto: {
    getRandomValues: globalThis.crypto.getRandomValues.bind(globalThis.crypto),
    randomUUID: globalThis.crypto.randomUUID.bind(globalThis.crypto),
  },
  connect: net.connect,
  createConnection: net.createConnection,
  Socket: net.Socket,
  http2Connect: http2.connect,
} as const;

/** Which simulated process the running code belongs to. */
export const context = new AsyncLocalStorage<object>();
