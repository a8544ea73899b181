/** The native provisioner: servers as processes of this machine, in temp folders, on free ports. */
import { existsSync } from 'node:fs';
import { allSettled } from '../base/all-settled.ts';
import { InfrastructureError } from '../base/errors.ts';
import { separable } from '../plan/plan.ts';
import { layoutOf, type Deployment, type StartRequest, type Limits } from './deployment.ts';
import { formationOf } from './formation.ts';
import { NativeNetwork, whyNoNetwork } from './native-network.ts';
import { NativeServer } from './native-server.ts';
import { freePort } from './ports.ts';
import type { NodePlace, ServerDefinition } from './servers/server.ts';
import { toxiproxy } from './servers/toxiproxy.ts';
import { inStages } from './stages.ts';
import { accessFrom } from './toxiproxy-access.ts';
import type { Session } from './session.ts';

const HOST = '127.0.0.1';
/** How often other ports are tried when somebody else took one between the look and the start. */
const PORT_ATTEMPTS = 3;

export async function startNative(session: Session, request: StartRequest): Promise<Deployment> {
  const layout = layoutOf(request.backend, request.topology);
  if (layout === undefined) throw new InfrastructureError(`${request.backend} has no servers to start`);
  const whyTogether = separable(request.topology) ? whyNoNetwork() : undefined;
  const network =
    separable(request.topology) && whyTogether === undefined
      ? await NativeNetwork.open(session, layout.nodes.length)
      : undefined;
  const servers: NativeServer[] = [];
  const places = (): NodePlace[] => servers.map(({ place }) => place);
  for (const [index, definition] of layout.nodes.entries()) {
    const place = await placeFor(definition, index, network?.hostOf(index) ?? HOST);
    const enter = network?.enter(index) ?? [];
    servers.push(new NativeServer({ session, definition, enter, ...request }, place, places));
  }
  const proxy = new NativeServer(
    { session, definition: toxiproxy, enter: [], ...request },
    await placeFor(toxiproxy, 0, HOST),
    () => [],
  );
  const stop = async (): Promise<void> => {
    await Promise.all([proxy, ...servers].map((server) => server.stop()));
    await network?.close();
  };
  const formation = (): ReturnType<typeof formationOf> => formationOf(layout, servers, request.signal);
  const startAll = (): Promise<unknown> =>
    inStages(layout, (index) => startSomewhere(servers[index], layout.nodes[index]));
  try {
    await allSettled([startSomewhere(proxy, toxiproxy), startAll()]);
    await formation().form();
    return {
      ...formation(),
      provisioner: 'native',
      topology: request.topology,
      version: servers[0]?.version ?? 'unknown',
      settings: layout.nodes[0].settings,
      toxiproxy: accessFrom(proxy.endpoint),
      limits: limitsOf(layout.nodes[0], whyTogether),
      isolate: async (nodes) => {
        if (network === undefined) throw new InfrastructureError(whyTogether ?? 'these servers do not know each other');
        return network.isolate(nodes);
      },
      prepareClocks: async (movable) => {
        if (!servers.map((server) => server.prepareClock(movable)).includes(true)) return;
        await Promise.all(servers.map((server) => server.crash()));
        await inStages(layout, (index) => servers[index]?.restart({ keepData: false }));
        await formation().form();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function placeFor(definition: ServerDefinition, index: number, host: string): Promise<NodePlace> {
  const [port = 0, ...ports] = await Promise.all(
    Array.from({ length: 1 + (definition.extraPorts ?? 0) }, () => freePort()),
  );
  return { index, host, port, ports };
}

/** A server that its peers know by its port must keep it; one that stands alone may try another. */
async function startSomewhere(
  server: NativeServer | undefined,
  definition: ServerDefinition | undefined,
): Promise<void> {
  if (server === undefined || definition === undefined) return;
  for (let attempt = 1; ; attempt++) {
    try {
      return await (attempt === 1 ? server.start() : server.restart({ keepData: false }));
    } catch (error) {
      const { portTaken, place } = server;
      await server.stop();
      if (!portTaken || attempt === PORT_ATTEMPTS || (definition.extraPorts ?? 0) > 0) throw error;
      server.move(await placeFor(definition, place.index, place.host));
    }
  }
}

function limitsOf(server: ServerDefinition, whyTogether: string | undefined): Limits {
  const clock = whyNoClock(server);
  return {
    ...(clock === undefined ? {} : { clock }),
    ...(whyTogether === undefined ? {} : { partition: whyTogether }),
  };
}

function whyNoClock({ name, fakeClock }: ServerDefinition): string | undefined {
  if (fakeClock === undefined) return `the wall clock of ${name} cannot be moved`;
  const isWhole = fakeClock.preload.every((file) => existsSync(file));
  return isWhole ? undefined : 'libfaketime is not installed (holdfast setup adds it)';
}
