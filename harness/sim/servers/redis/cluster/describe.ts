/** What a node says of the cluster to clients: `CLUSTER …`. */
import { hostOf, PORT } from '../../../network/network.ts';
import type { Reply } from '../reply.ts';
import { rangeOf, SHARDS, slotOf, SLOTS } from './slots.ts';
import type { View } from './view.ts';

const idOf = (node: number): string => String(node + 1).padStart(40, '0');

/** @returns `undefined` for what is not simulated */
export function describeCluster(action: string, args: readonly string[], view: View, isOk: boolean): Reply | undefined {
  switch (action) {
    case 'SLOTS':
      return slots(view);
    case 'NODES':
      return nodes(view);
    case 'INFO':
      return info(view, isOk);
    case 'MYID':
      return idOf(view.self);
    case 'KEYSLOT':
      return slotOf(args[0] ?? '');
    default:
      return undefined;
  }
}

function slots(view: View): Reply {
  const place = (node: number): Reply => [hostOf(node), PORT, idOf(node), []];
  return view.owners.flatMap((owner, shard) => {
    if (owner === undefined) return [];
    const replicas = view.replicasOf(owner).filter(({ failing }) => failing !== 'yes');
    return [[...rangeOf(shard), place(owner), ...replicas.map(({ node }) => place(node))]];
  });
}

const FLAGS = { no: '', perhaps: ',fail?', yes: ',fail' } as const;

function nodes(view: View): string {
  const lines = view.peers.map(({ node, primary, failing, configEpoch }) => {
    const role = primary === undefined ? 'master' : 'slave';
    const flags = `${node === view.self ? 'myself,' : ''}${role}${FLAGS[failing]}`;
    const ranges = view.shardsOf(node).map((shard) => rangeOf(shard).join('-'));
    const follows = primary === undefined ? '-' : idOf(primary);
    const address = `${hostOf(node)}:${PORT}@${PORT + 1}`;
    return [idOf(node), address, flags, follows, '0', '0', configEpoch, 'connected', ...ranges].join(' ');
  });
  return `${lines.join('\n')}\n`;
}

function info(view: View, isOk: boolean): string {
  const assigned = view.owners
    .flatMap((owner, shard) => (owner === undefined ? [] : [rangeOf(shard)]))
    .reduce((sum, [first, last]) => sum + last - first + 1, 0);
  return [
    `cluster_state:${isOk ? 'ok' : 'fail'}`,
    `cluster_slots_assigned:${assigned}`,
    `cluster_slots_ok:${assigned === SLOTS && isOk ? SLOTS : assigned}`,
    `cluster_known_nodes:${view.peers.length}`,
    `cluster_size:${Math.min(SHARDS, view.voters.length)}`,
    `cluster_current_epoch:${view.epoch}`,
    `cluster_my_epoch:${view.me.configEpoch}`,
    '',
  ].join('\r\n');
}
