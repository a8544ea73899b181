/** What a deployment knows of its servers as a whole, the same for every provisioner. */
import type { Deployment, ServerNode } from './deployment.ts';
import { parseAddress } from './address.ts';
import type { Layout } from './servers/layout.ts';

type Formation = Pick<Deployment, 'server' | 'servers' | 'nodes' | 'entrances' | 'form' | 'leader' | 'succession'>;

export function formationOf(layout: Layout, nodes: readonly ServerNode[], signal: AbortSignal): Formation {
  const endpoints = nodes.map((node) => node.endpoint);
  const announced = nodes.map((node) => parseAddress(node.upstream));
  return {
    server: layout.nodes[0],
    servers: layout.nodes,
    nodes,
    entrances: layout.entrances ?? nodes.map(({ index }) => index),
    form: async () => layout.form?.(endpoints, announced, signal),
    leader: async () => layout.leader?.(endpoints),
    succession: layout,
  };
}
