/** From a request to how one lock is loaded, and where. */
import type { Topology } from 'holdfast-locks';
import type { Hazard } from 'holdfast-locks/internal/claims';
import { addressesOf } from '../backends/external.ts';
import { findHazard } from '../faults/hazards/table.ts';
import type { LoadSettings, LoadShape } from '../load/settings.ts';
import type { LockUnderTest } from '../run/request.ts';
import { chooseProvisioner } from './choose-provisioner.ts';
import { shapeOf, type LoadParsed } from './load-request.ts';
import { topologyOf } from './locks.ts';
import { RequestError } from './request.ts';

/** Hazards that need the proxies before the servers, or a network between them that can be cut. */
function disturbsNetwork(hazard: Hazard, topology: Topology): boolean {
  const need = findHazard(hazard)?.needs?.(topology);
  return need === 'links' || need === 'partition';
}

interface Place {
  readonly folder: string;
  readonly hazards?: readonly Hazard[];
  readonly base?: LoadShape;
}

/** @throws UsageError for a request that contradicts itself or the lock */
export async function loadSettingsOf(
  { module }: LockUnderTest,
  request: LoadParsed,
  { folder, hazards: wanted = [], base }: Place,
): Promise<LoadSettings> {
  const { external, seed, proxy } = request;
  const topology = topologyOf(module, request.topology);
  const provisioner = await chooseProvisioner(request.backend, module, topology);
  if (provisioner.kind === 'external') addressesOf({ backend: module.backend, topology }, external);
  const hazards = wanted.filter((hazard) => hazard !== 'none');
  const cut = hazards.find((hazard) => proxy === false && disturbsNetwork(hazard, topology));
  if (cut !== undefined)
    throw new RequestError(`\`proxy: false\`: ${cut} is a fault of the network, which needs the proxies`);
  return {
    ...shapeOf(request, module, base),
    ...{ topology, provisioner, external, hazards, seed, folder },
    proxied: proxy ?? hazards.length > 0,
  };
}
