/** The keeper: a process that starts servers for "up", lends them to runs, and ends them for "down". */
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { allSettled } from '../../base/all-settled.ts';
import { startDeployment } from '../choose.ts';
import type { Deployment, ServerNode } from '../deployment.ts';
import { Session } from '../session.ts';
import { requestSchema, socketPath, wantedSchema, type Answer, type Call, type Kept, type Wanted } from './protocol.ts';

/** Proxies that kept containers have room for: those of ten workers before six servers. */
const PROXIES_KEPT = 60;

interface Place {
  readonly wanted: Wanted;
  readonly deployment: Deployment;
  borrower: Socket | undefined;
  /** Nodes that a fault has killed or stopped and nobody has healed. */
  readonly down: Set<number>;
  readonly isolated: (() => Promise<void>)[];
}

const orderSchema = z.object({ wanted: z.array(wantedSchema), copies: z.number().int().positive() });

const session = await Session.open();
const places: Place[] = [];
const server = createServer((socket) => serve(socket));

async function start(wanted: Wanted): Promise<void> {
  const { signal } = new AbortController();
  const request = { backend: wanted.backend, topology: wanted.topology, proxies: PROXIES_KEPT, signal, fresh: true };
  const deployment = await startDeployment(session, wanted.provisioner, request, undefined);
  session.onClose(() => deployment.stop());
  places.push({ wanted, deployment, borrower: undefined, down: new Set(), isolated: [] });
}

function describe({ wanted, deployment }: Place): Kept {
  const { version, settings, limits, nodes, toxiproxy } = deployment;
  return {
    ...{ ...wanted, version, settings: { ...settings }, limits: { ...limits } },
    nodes: nodes.map(({ endpoint, upstream }) => ({ endpoint, upstream })),
    ...(toxiproxy === undefined
      ? {}
      : { toxiproxy: { api: toxiproxy.api, ports: toxiproxy.ports?.map(([inside, outside]) => [inside, outside]) } }),
  };
}

function serve(socket: Socket): void {
  let chain = Promise.resolve();
  createInterface({ input: socket }).on('line', (line) => {
    const { id, call } = requestSchema.parse(JSON.parse(line));
    const reply = (answer: Omit<Answer, 'id'>): void => {
      if (socket.writable) socket.write(`${JSON.stringify({ id, ...answer })}\n`);
    };
    // Calls of one run may overlap, as its faults do.
    const done = obey(socket, call).then(
      (value) => reply({ value: value ?? null }),
      (error: unknown) => reply({ value: null, error: error instanceof Error ? error.message : String(error) }),
    );
    chain = Promise.all([chain, done]).then(() => undefined);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => void chain.then(() => giveBack(socket)));
}

async function obey(socket: Socket, call: Call): Promise<unknown> {
  if (call.do === 'list') return places.map(describe);
  if (call.do === 'end') return end();
  if (call.do === 'borrow') {
    const free = places.find((place) => place.borrower === undefined && matches(place.wanted, call.wanted));
    if (free === undefined) return null;
    free.borrower = socket;
    return describe(free);
  }
  const place = places.find(({ borrower }) => borrower === socket);
  if (place === undefined) throw new Error('nothing is borrowed');
  return act(place, call);
}

type Act = Exclude<Call, { do: 'list' | 'borrow' | 'end' }>;

async function act(place: Place, call: Act): Promise<void> {
  const { deployment, down, isolated } = place;
  const nodeOf = (index: number): ServerNode => {
    const node = deployment.nodes[index];
    if (node === undefined) throw new Error(`there is no node ${index}`);
    return node;
  };
  switch (call.do) {
    case 'prepareClocks':
      return deployment.prepareClocks(call.movable);
    case 'isolate':
      isolated.push(await deployment.isolate(call.nodes));
      return;
    case 'join':
      await Promise.all(isolated.splice(0).map((join) => join()));
      return;
    case 'crash':
    case 'pause':
      down.add(call.node);
      return nodeOf(call.node)[call.do]();
    case 'resume':
      down.delete(call.node);
      return nodeOf(call.node).resume();
    case 'restart':
      await nodeOf(call.node).restart(call);
      down.delete(call.node);
      return;
    case 'setClock':
      return nodeOf(call.node).setClock(call.offsetMs);
  }
}

/** As the next run expects it: all servers running, whole, and in time. */
async function giveBack(socket: Socket): Promise<void> {
  const place = places.find(({ borrower }) => borrower === socket);
  if (place === undefined) return;
  await act(place, { do: 'join' });
  await allSettled([...place.down].map(async (index) => place.deployment.nodes[index]?.restart({ keepData: true })));
  place.down.clear();
  await place.deployment.prepareClocks(false);
  place.borrower = undefined;
}

const matches = (one: Wanted, other: Wanted): boolean =>
  one.backend === other.backend && one.topology === other.topology && one.provisioner === other.provisioner;

async function end(): Promise<void> {
  server.close();
  await session.close();
  setImmediate(() => process.exit(0));
}

// Whoever ordered them is gone before they are all there.
const givenUp = (): void => void end();
process.once('disconnect', givenUp);
process.once('message', (raw) => {
  const { wanted, copies } = orderSchema.parse(raw);
  void (async () => {
    try {
      await allSettled(wanted.flatMap((one) => Array.from({ length: copies }, () => start(one))));
      // Nobody listens there: "up" has looked.
      rmSync(socketPath(), { force: true });
      // From its first moment on nobody else may reach it.
      const before = process.umask(0o077);
      await new Promise<void>((resolve) => server.listen(socketPath(), resolve));
      process.umask(before);
      process.off('disconnect', givenUp);
      process.send?.({ kept: places.map(describe) });
      process.disconnect();
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.message : String(error) });
      await end();
    }
  })();
});
