/** Real servers for one lock, which are chosen and started where its topology has any. */
import type { Backend, Topology } from 'holdfast-locks';
import { chooseReal, startDeployment, type BackendChoice } from '../backends/choose.ts';
import { layoutOf, type Deployment } from '../backends/deployment.ts';
import type { ExternalConfig } from '../backends/external-config.ts';
import type { Session } from '../backends/session.ts';
import { nodesOf } from '../plan/plan.ts';

export interface RealServers {
  readonly kind: Backend;
  readonly topology: Topology;
  readonly backend: BackendChoice;
  readonly external: ExternalConfig;
  /** That reach the servers by proxies of their own. */
  readonly clients: number;
}

/** @returns `undefined` for a lock without servers. @throws UsageError, InfrastructureError */
export async function realServers(
  session: Session,
  { kind, topology, backend, external, clients }: RealServers,
  signal: AbortSignal,
): Promise<Deployment | undefined> {
  if (layoutOf(kind, topology) === undefined) return undefined;
  const choice = await chooseReal(backend, kind, topology);
  const proxies = clients * nodesOf(topology);
  return startDeployment(session, choice.kind, { backend: kind, topology, proxies, signal }, external);
}
