/** Which provisioner a run uses, and why. */
import type { Backend, Topology } from '../../implementations/lock.ts';
import { findBinary } from './binaries.ts';
import { layoutOf, type Deployment, type ProvisionerKind, type StartRequest } from './deployment.ts';
import { dockerVersion } from './engine.ts';
import { InfrastructureError, UsageError } from '../errors.ts';
import { startExternal } from './external.ts';
import type { ExternalConfig } from './external-config.ts';
import { borrow } from './kept/borrow.ts';
import { keptNow } from './kept/connection.ts';
import { startNative } from './native.ts';
import { toxiproxy } from './servers/toxiproxy.ts';
import type { Session } from './session.ts';
import { isSimulated, simulatedOf } from '../sim/simulated.ts';

export const BACKEND_CHOICES = ['auto', 'docker', 'native', 'external', 'sim'] as const;
export type BackendChoice = (typeof BACKEND_CHOICES)[number];

export type RealProvisioner = Exclude<ProvisionerKind, 'sim'>;

export interface Choice {
  readonly kind: ProvisionerKind;
  readonly reason: string;
}
export interface RealChoice extends Choice {
  readonly kind: RealProvisioner;
}

/**
 * Real servers, or else the simulation.
 * @throws InfrastructureError when nothing here can run the backend, with the command that would change that; UsageError
 *   when a simulation was asked for of what is not simulated
 */
export async function chooseProvisioner(choice: BackendChoice, backend: Backend, topology: Topology): Promise<Choice> {
  if (choice === 'sim') {
    simulatedOf(backend, topology);
    return { kind: 'sim', reason: 'asked for' };
  }
  try {
    return await chooseReal(choice, backend, topology);
  } catch (error) {
    if (!(error instanceof InfrastructureError) || !isSimulated(backend, topology)) throw error;
    // A build that was to test on servers must not turn green because there are none.
    if (choice === 'auto' && process.env['CI'] !== 'true') return { kind: 'sim', reason: error.message };
    throw new InfrastructureError(`${error.message}, or simulate it with "--backend sim"`, { cause: error });
  }
}

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
    `neither a Docker engine nor ${missing.join(' and ')} is here: run "npm run setup -- --backends ${backend}"`,
  );
}

/** Programs that the native provisioner would need and that are not installed. */
export function missingNative(backend: Backend, topology: Topology): string[] {
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
