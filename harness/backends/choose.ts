/** Which provisioner a run uses, and why. */
import type { Backend, Topology } from 'holdfast-locks';
import { callOf } from '../base/call.ts';
import { findBinary } from './binaries.ts';
import { layoutOf, type Deployment, type ProvisionerKind, type StartRequest } from './deployment.ts';
import { dockerVersion } from './engine.ts';
import { InfrastructureError, UsageError } from '../base/errors.ts';
import { startExternal } from './external.ts';
import type { ExternalConfig } from './external-config.ts';
import { borrow } from './kept/borrow.ts';
import { keptNow } from './kept/connection.ts';
import { startNative } from './native.ts';
import { toxiproxy } from './servers/toxiproxy.ts';
import type { Session } from './session.ts';

export const BACKEND_CHOICES = ['auto', 'docker', 'native', 'external', 'sim'] as const;
export type BackendChoice = (typeof BACKEND_CHOICES)[number];

export type RealProvisioner = Exclude<ProvisionerKind, 'sim'>;

export interface RealChoice {
  readonly kind: RealProvisioner;
  readonly reason: string;
}
export type Choice = RealChoice | { readonly kind: 'sim'; readonly reason: string };

/** @throws InfrastructureError when nothing here can run the backend, with the command that would change that */
export async function chooseReal(choice: BackendChoice, backend: Backend, topology: Topology): Promise<RealChoice> {
  if (choice === 'sim') throw new UsageError('--backend sim: this needs real servers');
  if (choice !== 'auto') return { kind: choice, reason: 'asked for' };
  if (layoutOf(backend, topology) === undefined) return { kind: 'native', reason: 'it needs no servers' };
  const kept = (await keptNow()).find((one) => one.backend === backend && one.topology === topology);
  if (kept !== undefined) return { kind: kept.provisioner, reason: '"holdfast up" keeps them running' };
  const engine = await dockerVersion();
  if (engine !== undefined) return { kind: 'docker', reason: `a Docker engine ${engine} answers` };
  const missing = missingNative(backend, topology);
  if (missing.length === 0) return { kind: 'native', reason: 'no Docker engine answers; the servers are installed' };
  throw new InfrastructureError(
    `neither a Docker engine nor ${missing.join(' and ')} is here: run "${callOf('setup', '--backends', backend)}"`,
  );
}

/** Programs that the native provisioner would need and that are not installed. */
function missingNative(backend: Backend, topology: Topology): string[] {
  const layout = layoutOf(backend, topology);
  if (layout === undefined) return [];
  return [...new Set([...layout.nodes, toxiproxy])]
    .filter((server) => findBinary(server) === undefined)
    .map((server) => server.native.command);
}

export async function startDeployment(
  session: Session,
  kind: RealProvisioner,
  request: StartRequest,
  external: ExternalConfig | undefined,
): Promise<Deployment> {
  if (kind === 'external') return startExternal(session, request, external);
  const kept = request.fresh === true ? undefined : await borrow(session, request, kind);
  if (kept !== undefined) return kept;
  switch (kind) {
    case 'native':
      return startNative(session, request);
    case 'docker': {
      // Testcontainers takes a while to load and is wanted only here.
      const { startDocker } = await import('./docker.ts');
      return startDocker(session, request);
    }
  }
}
