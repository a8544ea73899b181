/** What the harness itself costs: its closed loop beside a bare loop over the same client. */
import { join } from 'node:path';
import { isLockError, type Lock } from 'holdfast-locks';
import { monotonicNs } from '../../history/recorder.ts';
import { Aims } from '../aims.ts';
import { LoadClient, loadKeys } from './client.ts';
import { CounterFile } from './counter-file.ts';
import type { LoadOrder, Probe, ProbeOrder, Slice } from './messages.ts';
import { Tally } from './tally.ts';
import { recorderOf } from './work.ts';

export interface Probed {
  readonly lock: Lock;
  /** The same, as a user would have it. */
  readonly raw: Lock;
  readonly prefix: string;
  readonly clockOf: (originNs: bigint) => (performanceMs: number) => number;
}

/** A lock that fails, or makes its users wait for nothing, is not waited for longer than this many times the slices. */
const PATIENCE = 4;

/** Pairs of slices, in turns which of the two is first. Neither holds, and no client shares a key. */
export async function compareWithBareLoop(order: ProbeOrder, probed: Probed): Promise<Probe> {
  const keys = Array.from({ length: order.clients }, (_, index) => `probe-${process.pid}-${index}`);
  const counterFile = join(order.folder, `probe-${process.pid}-counters`);
  CounterFile.create(counterFile, keys.length);
  const ours = (): Promise<Slice> => oursFor(order, probed, keys, counterFile);
  const bare = (): Promise<Slice> => bareFor(order, probed, keys);
  const boundMs = performance.now() + order.pairs * order.sliceMs * PATIENCE;
  // Both are compiled before either is timed.
  await ours();
  await bare();
  const pairs: Probe['pairs'] = [];
  for (let pair = 0; pair < order.pairs && performance.now() < boundMs; pair += 1) {
    if (pair % 2 === 0) pairs.push({ ours: await ours(), bare: await bare() });
    else {
      const first = await bare();
      pairs.push({ bare: first, ours: await ours() });
    }
  }
  return { pairs };
}

async function bareFor({ sliceMs, leaseMs }: ProbeOrder, { raw, prefix }: Probed, keys: string[]): Promise<Slice> {
  const options = { leaseMs, timeoutMs: leaseMs };
  const finished = stopwatch();
  const began = performance.now();
  let cycles = 0;
  const loop = async (key: string): Promise<void> => {
    while (performance.now() - began < sliceMs) {
      const lease = await raw.acquire(key, options);
      await lease.release();
      cycles += 1;
    }
  };
  const untilFailure = (key: string): Promise<void> =>
    loop(key).catch((error: unknown) => {
      if (!isLockError(error)) throw error;
    });
  await Promise.all(keys.map((key) => untilFailure(prefix + key)));
  return finished(cycles);
}

async function oursFor(
  { sliceMs, leaseMs, folder, clients }: ProbeOrder,
  { lock, prefix, clockOf }: Probed,
  keys: string[],
  counterFile: string,
): Promise<Slice> {
  const originNs = monotonicNs();
  const toNs = sliceMs * 1e6;
  const historyFile = join(folder, `probe-${process.pid}.ndjson`);
  const order: LoadOrder = {
    ...{ worker: 0, workers: 1, incarnation: 0, clientsPerWorker: clients, keys, ownKeys: true, keySkew: 0 },
    ...{ ask: 'acquire', renews: 0, holdMs: [0, 0], thinkMs: [0, 0], leaseMs, acquireTimeoutMs: leaseMs, seed: 0 },
    ...{ originNs: String(originNs), startNs: 0, fromNs: 0, toNs, historyFile, counterFile, durable: false },
  };
  const recorder = recorderOf(order);
  const counter = new CounterFile(counterFile);
  const tally = new Tally(true);
  const environment = {
    ...{
      order,
      lock,
      keys: loadKeys(keys, prefix),
      recorder,
      counter,
      tally,
      aims: new Aims(() => undefined),
      granted: () => undefined,
    },
    nsOf: clockOf(originNs),
    over: () => recorder.now() >= toNs,
  };
  const all = Array.from({ length: clients }, (_, index) => new LoadClient(environment, index));
  const finished = stopwatch();
  await Promise.all(all.map((client) => client.loop()));
  const slice = finished(tally.cycles);
  counter.close();
  recorder.close();
  return slice;
}

/** @returns what says how fast so many cycles were since now */
function stopwatch(): (cycles: number) => Slice {
  const began = performance.now();
  const before = process.cpuUsage();
  return (cycles) => {
    const { user, system } = process.cpuUsage(before);
    return { perSecond: (cycles * 1000) / (performance.now() - began), cpuUs: (user + system) / Math.max(1, cycles) };
  };
}
