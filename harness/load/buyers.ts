/**
 * Buyers of a flash sale: autocannon on every service, its answers counted by us. They take turns: no rate is asked of them, so
 * that there is nothing for autocannon's correction of coordinated omission to make up.
 */
import autocannon from 'autocannon';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Histogram } from 'hdr-histogram-js';
import { newHistogram, recordNs } from '../base/histogram.ts';
import { STATUS } from '../subject/load/service.ts';

export interface Buyers {
  readonly ports: readonly number[];
  /** To each service; each asks again when it was answered. */
  readonly connections: number;
  /** Milliseconds from now: when answers begin to be measured, and when the buyers leave. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Bought {
  readonly requests: number;
  /** Told that they have bought. */
  readonly served: number;
  /** Told that all is sold. */
  readonly refused: number;
  /** Turned away, or not answered. */
  readonly failed: number;
  /** Of the measured answers, whatever they were. */
  readonly latency: Histogram;
}

/** When `signal` aborts, the buyers leave at once. */
export async function sendBuyers({ ports, connections, fromMs, toMs }: Buyers, signal: AbortSignal): Promise<Bought> {
  const began = performance.now();
  const latency = newHistogram();
  let [served, refused, failed] = [0, 0, 0];
  const gone: Promise<void>[] = [];
  const shops = ports.map((port) => {
    const left = Promise.withResolvers<void>();
    gone.push(left.promise);
    const options = {
      url: `http://127.0.0.1:${port}/buy`,
      method: 'POST' as const,
      connections,
      duration: Math.ceil(toMs / 1000) + 60,
      timeout: 30,
    };
    const shop = autocannon(options, (error: Error | null) => (error === null ? left.resolve() : left.reject(error)));
    shop.on('response', (_client, status, _bytes, responseMs) => {
      if (status === STATUS.done) served += 1;
      else if (status === STATUS.refused) refused += 1;
      else failed += 1;
      const atMs = performance.now() - began;
      if (atMs >= fromMs && atMs < toMs) recordNs(latency, responseMs * 1e6);
    });
    shop.on('reqError', () => {
      failed += 1;
    });
    return shop;
  });
  await sleep(toMs, undefined, { signal }).catch(() => undefined);
  for (const shop of shops) shop.stop?.();
  await Promise.all(gone);
  return { requests: served + refused + failed, served, refused, failed, latency };
}
