/** An ensemble whose servers agree by Raft: how it begins, who leads it, and how it is cut apart. */
import type { Ensemble, ServerModel, Surroundings } from '../../network/node.ts';
import { Mesh } from './mesh.ts';
import type { Raft } from './raft.ts';

/** A server of such an ensemble. */
export interface Member<Command, Result, Self> extends ServerModel {
  readonly raft: Raft<Command, Result>;
  /** All servers, itself among them: before anything happens. */
  meet(peers: readonly Self[]): void;
}

/** All begin at once, with one of them leading already. */
export function quorumOf<Command, Result, Server extends Member<Command, Result, Server>>(
  Model: new (index: number, around: Surroundings, mesh: Mesh) => Server & Member<Command, Result, Server>,
): (around: readonly Surroundings[]) => Ensemble {
  return (around) => {
    const mesh = new Mesh(around);
    const servers = around.map((one, index) => new Model(index, one, mesh));
    const rafts = servers.map(({ raft }) => raft);
    const first = around[0]?.random.whole(0, servers.length - 1) ?? 0;
    for (const server of servers) server.meet(servers);
    for (const raft of rafts) raft.begin(rafts, first);
    return {
      models: servers,
      // Of several who believe it, the one of the latest term.
      leader: (up) =>
        rafts
          .filter(({ index, leads }) => leads && up[index] === true)
          .toSorted((a, b) => b.term - a.term)
          .at(0)?.index,
      isolate: (nodes) => mesh.isolate(nodes),
    };
  };
}
