/**
 * Mistake: when the creation of the node, or anything after it, fails, the node is forgotten. The session lives on, and the
 * node with it: everybody waits behind a node that nobody owns.
 * Source: document 000; Curator's "protection" exists because of it (CURATOR-27).
 * Must show: deadlock-freedom violated under reset, and whatever else breaks connections.
 */
import { ZookeeperBackend, ZookeeperLock } from '../zookeeper/lock.ts';
import type { Place } from '../zookeeper/places.ts';
import { zookeeperSpecimen } from './shared/coordination-specimen.ts';

class Forgetful extends ZookeeperBackend {
  override async undo(): Promise<void> {}

  /** A waiter that is woken by the loss of its connection begins anew, with another node. */
  protected override async recheck(place: Place): Promise<void> {
    const before = place.ahead;
    await place.check();
    if (place.ahead !== undefined && place.ahead === before) throw new Error('the connection was lost while waiting');
  }
}

export const lock = zookeeperSpecimen(
  {
    name: 'zookeeper-orphan-node',
    recoverMs: 1000,
    specimen: {
      mistake: 'a node whose creation was not confirmed stays in the session',
      source: 'document 000; CURATOR-27',
      shows: [{ property: 'deadlock-freedom', hazards: ['reset', 'lost-reply', 'client-partition', 'server-crash'] }],
    },
  },
  (options) => new ZookeeperLock(options, new Forgetful(options)),
);
