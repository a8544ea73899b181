/** What one worker does in one round of a benchmark: all its clients begin at the instant that the order names. */
import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { clientsOf } from '../../plan/plan.ts';
import { Aims } from '../aims.ts';
import { FAR_MS } from '../watch.ts';
import type { Moment } from '../../plan/moments.ts';
import type { FromWorker } from '../messages.ts';
import type { Arrival } from './arrivals.ts';
import { LoadClient, loadKeys, type LoadEnvironment } from './client.ts';
import { CounterFile } from './counter-file.ts';
import { recordNs } from '../../base/histogram.ts';
import type { Loaded, LoadOrder } from './messages.ts';
import { runOpenLoop } from './open-loop.ts';
import { LoadRecorder } from './recorder.ts';
import { serveHttp } from './service.ts';
import { Tally } from './tally.ts';

/** Timers are this late at most on a calm machine; what is left is waited for without them. */
const TIMER_NS = 2_000_000;

export type LoadWord = Extract<FromWorker, { type: 'moment' | 'granted' | 'live' | 'serving' }>;
export type LoadPlace = Pick<LoadEnvironment, 'lock' | 'recorder' | 'ownedBy' | 'nsOf'> & {
  readonly prefix: string;
};

export function recorderOf(order: LoadOrder): LoadRecorder {
  const { historyFile: path, durable, keys, incarnation } = order;
  const clients = clientsOf(order);
  return new LoadRecorder({ path, originNs: BigInt(order.originNs), durable, keys, clients, incarnation });
}

export class LoadWork {
  readonly #order: LoadOrder;
  readonly #say: (word: LoadWord) => void;
  readonly #aims: Aims;
  readonly #awaited = new Set<string>();
  readonly #over = Promise.withResolvers<void>();
  #finished = false;

  constructor(order: LoadOrder, say: (word: LoadWord) => void) {
    this.#order = order;
    this.#say = say;
    this.#aims = new Aims((id) => say({ type: 'moment', id }));
  }

  async run(place: LoadPlace): Promise<Loaded> {
    const order = this.#order;
    const { recorder } = place;
    const tally = new Tally(order.liveMs !== undefined);
    const counter = new CounterFile(order.counterFile);
    const environment: LoadEnvironment = {
      ...place,
      keys: loadKeys(order.keys, place.prefix),
      order,
      counter,
      tally,
      aims: this.#aims,
      granted: (key) => {
        if (this.#awaited.size > 0 && this.#awaited.delete(key)) this.#say({ type: 'granted', key });
      },
      over: () => this.#finished || recorder.now() >= order.toNs,
    };
    const clients = Array.from({ length: order.clientsPerWorker }, (_, index) => new LoadClient(environment, index));
    const arrivals = await arrivalsOf(order);
    await until(order.startNs, recorder);
    const live = setInterval(() => this.#say({ type: 'live', live: tally.recent() }), order.liveMs ?? FAR_MS);
    const cpuMs = processorTime(order, recorder);
    try {
      if (order.stock !== undefined) await this.#serve(clients);
      else if (arrivals !== undefined) await this.#open(clients, arrivals, environment);
      else await Promise.all(clients.map((client) => client.loop()));
    } finally {
      clearInterval(live);
      counter.close();
    }
    return { ...tally.result(), cpuMs: cpuMs(), memoryBytes: process.memoryUsage.rss() };
  }

  aim(id: string, moment: Moment, nth: number): void {
    this.#aims.add(id, moment, nth);
  }

  tellNextGrants(): void {
    for (const key of this.#order.keys) this.#awaited.add(key);
  }

  /** Whoever is at work ends the cycle. */
  finish(): void {
    this.#finished = true;
    this.#over.resolve();
  }

  #serve(clients: readonly LoadClient[]): Promise<void> {
    const onPort = (port: number): void => this.#say({ type: 'serving', port });
    return serveHttp({ clients, onPort, over: this.#over.promise });
  }

  #open(clients: readonly LoadClient[], arrivals: readonly Arrival[], environment: LoadEnvironment): Promise<void> {
    const { recorder, tally, order } = environment;
    const measured = ({ atNs }: Arrival): boolean => atNs >= order.fromNs && atNs < order.toNs;
    // A worker that was killed does not go back to those that came meanwhile.
    const left = order.incarnation === 0 ? arrivals : arrivals.filter(({ atNs }) => atNs >= recorder.now());
    return runOpenLoop({
      arrivals: left,
      servers: clients,
      nowNs: () => recorder.now(),
      until: (atNs) => (recorder.now() >= atNs ? undefined : notBefore(atNs, recorder)),
      over: () => this.#finished,
      onDropped: (arrival) => {
        if (measured(arrival)) tally.dropped += 1;
        recorder.observe(`worker-${order.worker}`, 'dropped', order.keys[arrival.key], { intended: arrival.atNs });
      },
      onBegun: (arrival, lateNs) => {
        if (measured(arrival)) recordNs(tally.lateness, lateNs);
      },
    });
  }
}

/** Of this worker. */
async function arrivalsOf({ arrivalsFile, worker }: LoadOrder): Promise<readonly Arrival[] | undefined> {
  if (arrivalsFile === undefined) return undefined;
  // Trusted: written by the benchmark that gave the order.
  const all = JSON.parse(await readFile(arrivalsFile, 'utf8')) as Arrival[][];
  return all[worker] ?? [];
}

/** In whole milliseconds, rounded up; a timer may still fire a fraction of one before its time. */
async function notBefore(atNs: number, recorder: LoadPlace['recorder']): Promise<void> {
  await sleep(Math.max(0, Math.ceil((atNs - recorder.now()) / 1e6)));
  while (recorder.now() < atNs) await nextTurn();
}

async function until(atNs: number, recorder: LoadPlace['recorder']): Promise<void> {
  const leftNs = atNs - recorder.now() - TIMER_NS;
  if (leftNs > 0) await sleep(leftNs / 1e6);
  while (recorder.now() < atNs) await nextTurn();
}

/** @returns what says the processor time of the measured stretch, as far as it has passed. */
function processorTime({ fromNs, toNs }: LoadOrder, recorder: LoadPlace['recorder']): () => number {
  let before = process.cpuUsage();
  let spent: NodeJS.CpuUsage | undefined;
  const inMs = (atNs: number): number => Math.max(0, (atNs - recorder.now()) / 1e6);
  const begins = setTimeout(() => {
    before = process.cpuUsage();
  }, inMs(fromNs));
  const ends = setTimeout(() => {
    spent = process.cpuUsage(before);
  }, inMs(toNs));
  return () => {
    clearTimeout(begins);
    clearTimeout(ends);
    const { user, system } = spent ?? process.cpuUsage(before);
    return (user + system) / 1000;
  };
}
