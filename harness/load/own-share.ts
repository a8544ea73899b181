/** What is left of a bare loop's rate with the harness around it: a short reading in the configuration of a benchmark. */
import { median } from '../base/statistics.ts';
import type { Crew } from '../run/crew.ts';
import type { Load } from '../report/load.ts';
import type { LoadShape } from './settings.ts';

const PAIRS = 6;
const SLICE_MS = 80;
/** More clients in one process say no more about its cost. */
const CLIENTS_AT_MOST = 10;

export type OwnShare = NonNullable<Load['harness']>;

/** `npm run bench:harness` is the calmer reading. @returns `undefined` of a lock that could not be measured */
export async function readOwnShare(
  { workers, folder }: Crew,
  { clientsPerWorker, leaseMs }: LoadShape,
): Promise<OwnShare | undefined> {
  const clients = Math.min(clientsPerWorker, CLIENTS_AT_MOST);
  const order = { clients, pairs: PAIRS, sliceMs: SLICE_MS, leaseMs, folder };
  const { pairs = [] } = (await workers[0]?.probe(order)) ?? {};
  const ratios = pairs
    .filter(({ bare }) => bare.perSecond > 0)
    .map(({ ours, bare }) => ours.perSecond / bare.perSecond);
  if (ratios.length === 0) return undefined;
  const shareOfBareLoop = median(ratios);
  const many = clients === 1 ? 'one client' : `${clients} clients`;
  return { shareOfBareLoop, pairs: ratios.length, configuration: `${many} in a process, a key each, not held` };
}
