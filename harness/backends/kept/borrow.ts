/** Servers that "up" keeps running, borrowed for a run. */
import type { Deployment, ServerNode, StartRequest } from '../deployment.ts';
import { layoutOf } from '../deployment.ts';
import { removeTraces, type Traces } from '../external-traces.ts';
import { formationOf } from '../formation.ts';
import type { Session } from '../session.ts';
import { accessFrom } from '../toxiproxy-access.ts';
import { KeeperConnection } from './connection.ts';
import { keptSchema, type Wanted } from './protocol.ts';

/** `undefined` when no such servers are kept, or when others have borrowed them all. */
export async function borrow(
  session: Session,
  request: StartRequest,
  provisioner: Wanted['provisioner'],
): Promise<Deployment | undefined> {
  const { backend, topology } = request;
  const layout = layoutOf(backend, topology);
  const keeper = layout === undefined ? undefined : await KeeperConnection.open();
  if (layout === undefined || keeper === undefined) return undefined;
  const wanted = { backend, topology, provisioner };
  const kept = await keeper.ask({ do: 'borrow', wanted }, keptSchema.nullable());
  if (kept === null) {
    keeper.close();
    return undefined;
  }
  const nodes = kept.nodes.map(({ endpoint, upstream }, index): ServerNode => {
    const act = async (what: 'crash' | 'pause' | 'resume'): Promise<void> => {
      await keeper.call({ do: what, node: index });
    };
    return {
      ...{ index, endpoint, upstream },
      crash: () => act('crash'),
      pause: () => act('pause'),
      resume: () => act('resume'),
      restart: async ({ keepData }) => {
        await keeper.call({ do: 'restart', node: index, keepData });
      },
      setClock: async (offsetMs) => {
        await keeper.call({ do: 'setClock', node: index, offsetMs });
      },
    };
  });
  const access = kept.toxiproxy === undefined ? undefined : accessFrom(kept.toxiproxy.api, kept.toxiproxy.ports);
  const traces: Traces = {
    ...{ backend, topology, prefix: session.prefix, endpoints: nodes.map(({ endpoint }) => endpoint) },
    ...(access === undefined ? {} : { toxiproxy: access.api, proxies: session.proxyPrefix }),
  };
  const tracesAreGone = session.leavesTraces(traces);
  return {
    ...formationOf(layout, nodes, request.signal),
    ...{ provisioner, topology, version: kept.version, settings: kept.settings, limits: kept.limits },
    toxiproxy: access,
    isolate: async (chosen) => {
      await keeper.call({ do: 'isolate', nodes: [...chosen] });
      return async () => {
        await keeper.call({ do: 'join' });
      };
    },
    prepareClocks: async (movable) => {
      await keeper.call({ do: 'prepareClocks', movable });
    },
    stop: async () => {
      await removeTraces(traces);
      tracesAreGone();
      keeper.close();
    },
  };
}
