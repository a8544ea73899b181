/** A worker process: connects the lock under test through its own proxies and runs its clients. */
import { inspect } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { linksOf } from '../base/chain-url.ts';
import { reasonOf } from '../base/issues.ts';
import { checkedAtFirst, checkedLock, ContractError, loadLockModule } from './module.ts';
import { isSubjectUrl } from './protocol/file.ts';
import { Pulse } from './pulse.ts';
import { Folder } from './folder.ts';
import { relayTo } from './relay.ts';
import { toWorkerSchema, type FromWorker, type Task, type ToWorker } from './messages.ts';
import { Recorder, monotonicNs, type EventRecorder } from '../history/recorder.ts';
import { LoadWork, recorderOf } from './load/work.ts';
import type { LoadOrder, ProbeOrder } from './load/messages.ts';
import { compareWithBareLoop } from './load/probe.ts';
import { ResourceClient } from '../resource/client.ts';
import type { ConnectedLock, Lock } from 'holdfast-locks';
import { loadScenario } from '../resource/load-scenario.ts';
import { isSubject, subject, type ConnectedSubject } from './stamps.ts';
import { Work } from './work.ts';

interface Connection {
  readonly connected: ConnectedLock;
  /** The same, unchecked. */
  readonly raw: Lock;
  readonly resource: ResourceClient | undefined;
  readonly prefix: string;
  /** Of a lock that takes all clients of its process for one owner. */
  readonly ownedBy: string | undefined;
}
/** What goes on. */
interface Ongoing {
  readonly work: Pick<Work, 'aim' | 'tellNextGrants' | 'finish'>;
  readonly recorder: EventRecorder;
  readonly name: string;
}
let run: Ongoing | undefined;

let connection: Connection | undefined;
let folder: Folder | undefined;

const send = process.send?.bind(process);
const say = (message: FromWorker): void => {
  send?.(message);
};
/** The channel is the harness's: what a lock, or a library of its, says there reaches nobody, and is told. */
process.send = (message: unknown): boolean => {
  const departure = `it called process.send(${inspect(message)}): the channel of the process is not a lock's to use`;
  say({ type: 'failed', breach: 'contract', message: departure });
  throw new ContractError(departure);
};
const pulse = new Pulse(
  (wire) => run?.recorder.observe(run.name, 'wire', undefined, wire),
  (ms) => run?.recorder.observe(run.name, 'stall', undefined, { ms: Math.round(ms) }),
);

async function connect(message: Extract<ToWorker, { type: 'connect' }>): Promise<void> {
  for (const [node, { endpoint }] of message.nodes.entries()) pulse.expect(endpoint.port, node);
  if (message.livesInFolder)
    folder = new Folder(message.folder, (file) => run?.recorder.observe(run.name, 'file', undefined, file));
  const module = await loadLockModule(message.module);
  const relayed = message.linked && isSubjectUrl(linksOf(message.module)[0]);
  const nodes = await Promise.all(
    message.nodes.map(async (node) => (relayed ? { ...node, endpoint: await relayTo(node.endpoint) } : node)),
  );
  const connected = await module.connect({
    endpoints: message.entrances.flatMap((node) => nodes[node]?.endpoint ?? []),
    natMap: Object.fromEntries(nodes.map(({ announced, endpoint }) => [announced, endpoint])),
    folder: message.folder,
    prefix: message.prefix,
    worker: message.worker,
    options: message.options,
    signal: new AbortController().signal,
  });
  if (typeof connected?.lock !== 'object') throw new ContractError('connect must resolve to { lock, close }');
  connection = {
    connected: { ...connected, lock: checkedLock(connected.lock), close: () => connected.close() },
    raw: connected.lock,
    resource: message.resourcePort === undefined ? undefined : new ResourceClient(message.resourcePort),
    prefix: message.prefix,
    ownedBy: isSubject(connected) && connected[subject].ownedByProcess ? newOwner(message.worker) : undefined,
  };
  if (isSubject(connected)) watchSubject(connected);
  tellOfSubject();
  say({ type: 'connected' });
}

/** A process that was killed and started again is another owner. */
const newOwner = (worker: number): string => `process ${process.pid} of worker ${worker}`;

/** A subject that ends by itself ends the worker's part in the run: what it has told until then is all that is known. */
function watchSubject({ [subject]: watched }: ConnectedSubject): void {
  watched.onStall((ms) => run?.recorder.observe(run.name, 'stall', undefined, { ms }));
  void watched.ended.then(({ kind, message, lastStamp }) => {
    run?.recorder.observe(run.name, 'gone', undefined, {}, run.recorder.at(lastStamp));
    const breach = kind === 'outside' ? {} : { breach: kind };
    send?.({ type: 'failed', ...breach, message } satisfies FromWorker, () => process.exit(0));
  });
}

function tellOfSubject(): void {
  if (connection === undefined || !isSubject(connection.connected)) return;
  const told = connection.connected[subject];
  say({ type: 'subject', library: told.library, pipeUs: told.takePipeUs() });
}

async function work(task: Task): Promise<void> {
  if (connection?.resource === undefined) throw new Error('run before connect, or without a resource');
  const { connected, prefix, resource, ownedBy } = connection;
  const recorder = new Recorder(task.historyFile, BigInt(task.originNs));
  const assigned = new Work(task, say);
  // Before anything is waited for: the next message may already be that it is over.
  run = { work: assigned, recorder, name: `worker-${task.worker}` };
  const scenario = await loadScenario(task.scenario);
  await assigned.run({
    lock: connected.lock,
    prefix,
    scenario,
    resource,
    recorder,
    ownedBy,
    nsOf: clockOf(BigInt(task.originNs)),
  });
  run = undefined;
  recorder.close();
  tellOfSubject();
  say({ type: 'finished' });
}

async function load(order: LoadOrder): Promise<void> {
  if (connection === undefined) throw new Error('load before connect');
  const originNs = BigInt(order.originNs);
  const recorder = recorderOf(order);
  const assigned = new LoadWork(order, say);
  run = { work: assigned, recorder, name: `worker-${order.worker}` };
  const { connected, raw, prefix, ownedBy } = connection;
  const lock = checkedAtFirst(connected.lock, raw);
  const loaded = await assigned.run({ lock, prefix, recorder, ownedBy, nsOf: clockOf(originNs) });
  run = undefined;
  recorder.close();
  tellOfSubject();
  say({ type: 'loaded', loaded });
}

async function probe(order: ProbeOrder): Promise<void> {
  if (connection === undefined) throw new Error('probe before connect');
  const { connected, raw, prefix } = connection;
  const result = await compareWithBareLoop(order, {
    lock: checkedAtFirst(connected.lock, raw),
    raw,
    prefix,
    clockOf,
  });
  say({ type: 'probed', probe: result });
}

async function settle(): Promise<void> {
  for (;;) {
    const health = await connection?.connected.lock.health().catch((error: unknown) => {
      if (error instanceof ContractError) throw error;
      return undefined;
    });
    if (health?.ok) return say({ type: 'settled' });
    await sleep(10);
  }
}

/** Nanoseconds of the run's clock at a moment of `performance.now()`: both read CLOCK_MONOTONIC. */
function clockOf(originNs: bigint): (performanceMs: number) => number {
  let best = { spread: Infinity, origin: 0 };
  for (let attempt = 0; attempt < 20; attempt++) {
    const before = performance.now();
    const now = Number(monotonicNs() - originNs);
    const after = performance.now();
    const spread = after - before;
    if (spread < best.spread) best = { spread, origin: now - ((before + after) / 2) * 1e6 };
  }
  return (performanceMs) => Math.max(0, Math.floor(performanceMs * 1e6 + best.origin));
}

async function obey(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'connect':
      return connect(message);
    case 'run':
      return work(message.task);
    case 'load':
      return load(message.order);
    case 'probe':
      return probe(message.order);
    case 'aim':
      run?.work.aim(message.id, message.moment, message.nth);
      return;
    case 'tell-next-grant':
      run?.work.tellNextGrants();
      return;
    case 'finish':
      run?.work.finish();
      return;
    case 'settle':
      return settle();
    case 'disturb-folder':
      folder?.disturb(message.fault);
      return;
    case 'tell-wall-clock':
      return say({ type: 'wall-clock', ms: Date.now() });
  }
}

process.on('message', (raw) => {
  obey(toWorkerSchema.parse(raw)).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : reasonOf(error);
    say({ type: 'failed', ...(error instanceof ContractError ? { breach: 'contract' } : {}), message });
  });
});
// No lock may leave an error to nobody: in a user's program it would end the process.
process.on('uncaughtException', (error: unknown, origin) => {
  if (!process.connected) process.exit(1);
  const what = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception';
  const place = error instanceof Error ? /\(?([^\s(]+:\d+:\d+)\)?$/m.exec(error.stack ?? '')?.[1] : undefined;
  const message = `${what}, which the contract forbids: ${reasonOf(error)}${place === undefined ? '' : ` (at ${place})`}`;
  say({ type: 'failed', breach: 'unhandled-error', message });
});
process.on('disconnect', () => process.exit(0));
say({ type: 'ready' });
