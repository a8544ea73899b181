/** One round of a benchmark: all workers begin at one instant, faults strike, and everything is gathered in one history. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allSettled } from '../base/all-settled.ts';
import type { Deployment } from '../backends/deployment.ts';
import { InfrastructureError } from '../base/errors.ts';
import { killsWorkers } from '../faults/available.ts';
import type { FaultTargets } from '../faults/targets.ts';
import { runFaults } from '../faults/nemesis.ts';
import { monotonicNs, Recorder } from '../history/recorder.ts';
import type { Plan } from '../plan/plan.ts';
import type { Crew } from '../run/crew.ts';
import { staffOf } from '../run/staff.ts';
import type { WorkerHandle } from '../run/worker-handle.ts';
import { planArrivals } from '../subject/load/arrivals.ts';
import { sendBuyers, type Bought } from './buyers.ts';
import { CounterFile } from '../subject/load/counter-file.ts';
import type { Live, Loaded, LoadOrder } from '../subject/load/messages.ts';
import { serverUsage, type Spent } from './server-usage.ts';
import type { LoadShape } from './settings.ts';

/** Until everybody has the order. */
const LEAD_MS = 150;
/** Whoever waits for the lock at the end, or for a server that comes back, has this long beyond the timeout of an acquire. */
const GRACE_MS = 15_000;

export interface RoundRequest {
  readonly plan: Plan;
  readonly shape: LoadShape;
  readonly crew: Crew;
  readonly deployment: Deployment | undefined;
  readonly seed: number;
  readonly liveMs: number | undefined;
  readonly onLive: (worker: number, live: Live) => void;
}

/** Nanoseconds since `originNs`, which is of the monotonic clock. */
export interface RoundTimes {
  readonly originNs: bigint;
  readonly startNs: number;
  readonly fromNs: number;
  readonly toNs: number;
}

export interface RoundOutcome {
  /** With the moment at which it was over: later than `toNs`, but when it was interrupted. */
  readonly times: RoundTimes & { readonly endedNs: number };
  readonly files: readonly string[];
  /** Of workers that lived to the end; one that was killed has lost what it had counted before. */
  readonly loaded: readonly Loaded[];
  readonly killed: boolean;
  readonly server: Spent | undefined;
  /** Of a scenario with buyers. */
  readonly bought: Bought | undefined;
}

/** When `signal` aborts, the workers end their cycles and what was measured until then is returned. */
export async function runRound(request: RoundRequest, signal: AbortSignal): Promise<RoundOutcome> {
  const { plan, shape, crew, deployment, onLive } = request;
  const workers = crew.workers.slice(0, shape.workers);
  await allSettled(
    workers.map(async (worker) => {
      await worker.ensure({ movableClock: false });
      await worker.settle();
    }),
  );
  const file = (name: string): string => join(crew.folder, `${plan.index}-${name}`);
  CounterFile.create(file('counters'), plan.keys.length);
  const startNs = LEAD_MS * 1e6;
  const fromNs = startNs + shape.warmUpMs * 1e6;
  const toNs = fromNs + shape.durationMs * 1e6;
  const arrivalsFile = shape.mode.kind === 'open' ? file('arrivals.json') : undefined;
  if (shape.mode.kind === 'open' && arrivalsFile !== undefined) {
    const spread = { fromNs: startNs, toNs, keys: shape.keys, keySkew: shape.keySkew, workers: workers.length };
    await writeFile(arrivalsFile, JSON.stringify(planArrivals({ ...shape.mode, ...spread, seed: request.seed })));
  }
  const originNs = monotonicNs();
  const times = { originNs, startNs, fromNs, toNs };
  const files = [file('nemesis.ndjson')];
  const recorder = new Recorder(file('nemesis.ndjson'), originNs);
  const assign = (worker: WorkerHandle, incarnation: number): void => {
    const historyFile = file(`worker-${worker.index}-${incarnation}.ndjson`);
    files.push(historyFile);
    worker.load({
      ...orderOf(request, times),
      ...{ worker: worker.index, incarnation, historyFile, counterFile: file('counters') },
      arrivalsFile,
    });
  };
  const staff = staffOf(workers, (worker) => worker.start({ movableClock: false }), assign);
  const targets: FaultTargets = { deployment, links: crew.links, workers, revive: staff.revive };
  const boundMs = LEAD_MS + shape.warmUpMs + shape.durationMs + shape.acquireTimeoutMs + GRACE_MS;
  /** What failed ends the waiting for the rest. */
  const trouble = new AbortController();
  const stop = AbortSignal.any([signal, trouble.signal]);
  const orElse = <T>(work: Promise<T>): Promise<T> => {
    work.catch(() => trouble.abort());
    return work;
  };
  const ended = orElse(untilLoaded(workers, boundMs, onLive, stop));
  // Listened for before it is said.
  const ports = shape.stock === undefined ? undefined : portsOf(workers);
  staff.begin();
  const measured = { from: fromNs / 1e6, to: toNs / 1e6 };
  try {
    const [loaded, bought, server] = await allSettled([
      ended,
      ports === undefined ? Promise.resolve(undefined) : orElse(sell(workers, shape, ports, times, stop)),
      serverUsage(deployment, measured, stop).catch(() => undefined),
      runFaults(plan, targets, recorder, stop).catch((error: unknown) => {
        if (!stop.aborted) throw error;
      }),
    ]);
    const endedNs = recorder.now();
    return { times: { ...times, endedNs }, files, loaded, killed: staff.revived, server, bought };
  } finally {
    recorder.close();
  }
}

/** The ports of the services, when all have said theirs. */
function portsOf(workers: readonly WorkerHandle[]): Promise<number[]> {
  return Promise.all(
    workers.map(
      (worker) =>
        new Promise<number>((resolve) => {
          const stop = worker.listen((message) => {
            if (message.type !== 'serving') return;
            stop();
            resolve(message.port);
          });
        }),
    ),
  );
}

/** Buyers come until the measured stretch is over; then the services close. */
async function sell(
  workers: readonly WorkerHandle[],
  { clientsPerWorker }: LoadShape,
  serving: Promise<readonly number[]>,
  { originNs, fromNs, toNs }: RoundTimes,
  signal: AbortSignal,
): Promise<Bought | undefined> {
  const given = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => given.resolve(undefined), { once: true });
  const ports = await Promise.race([serving, given.promise]);
  const inMs = (ns: number): number => Math.max(0, (ns - Number(monotonicNs() - originNs)) / 1e6);
  const buyers = { connections: clientsPerWorker, fromMs: inMs(fromNs), toMs: inMs(toNs) };
  const bought = ports === undefined ? undefined : await sendBuyers({ ports, ...buyers }, signal);
  for (const worker of workers) worker.stopLoad();
  return bought;
}

function orderOf(
  { plan, shape, seed, liveMs }: RoundRequest,
  { originNs, ...times }: RoundTimes,
): Omit<LoadOrder, 'worker' | 'incarnation' | 'historyFile' | 'counterFile'> {
  const { clientsPerWorker, ownKeys, keySkew, ask, renews, holdMs, thinkMs, leaseMs, acquireTimeoutMs, stock } = shape;
  return {
    ...{ clientsPerWorker, ownKeys, keySkew, ask, renews, leaseMs, acquireTimeoutMs, seed, ...times },
    ...{ workers: shape.workers, keys: plan.keys, originNs: String(originNs) },
    holdMs: [...holdMs],
    thinkMs: [...thinkMs],
    durable: killsWorkers(plan),
    liveMs,
    stock,
  };
}

/** What each worker measured, when all have said so. @throws InfrastructureError, UsageError */
function untilLoaded(
  workers: readonly WorkerHandle[],
  boundMs: number,
  onLive: RoundRequest['onLive'],
  signal: AbortSignal,
): Promise<Loaded[]> {
  return new Promise((resolve, reject) => {
    const loaded = new Map<number, Loaded>();
    const finish = (end: () => void): void => {
      clearTimeout(late);
      signal.removeEventListener('abort', interrupt);
      for (const stop of stops) stop();
      end();
    };
    const interrupt = (): void => {
      for (const worker of workers) worker.stopLoad();
    };
    const late = setTimeout(() => {
      const silent = workers.filter(({ index }) => !loaded.has(index)).map(({ index }) => index);
      finish(() => reject(new InfrastructureError(`worker ${silent.join(', ')} did not end within ${boundMs} ms`)));
    }, boundMs);
    const stops = workers.map((worker) => {
      worker.onFailure((error) => finish(() => reject(error)));
      return worker.listen((message) => {
        if (message.type === 'live') onLive(worker.index, message.live);
        if (message.type !== 'loaded') return;
        loaded.set(worker.index, message.loaded);
        if (loaded.size < workers.length) return;
        finish(() => resolve(workers.map(({ index }) => loaded.get(index)).filter((one) => one !== undefined)));
      });
    });
    if (signal.aborted) interrupt();
    else signal.addEventListener('abort', interrupt, { once: true });
  });
}
