/**
 * Mistake: when the creation of the node, or what follows it, fails, the node is forgotten. The session lives on, and the
 * node with it: everybody waits behind a node that nobody owns.
 * Source: document 000; Curator's "protection" exists because of it (CURATOR-27).
 * Must show: deadlock-freedom violated under reset.
 */
import { ZookeeperBackend, ZookeeperLock } from '../zookeeper/lock.ts';
import { zookeeperSpecimen } from './coordination-specimen.ts';

class Forgetful extends ZookeeperBackend {
  override async undo(): Promise<void> {}
}

export const lock = zookeeperSpecimen(
  {
    name: 'zookeeper-orphan-node',
    specimen: {
      mistake: 'a node whose creation was not confirmed stays in the session',
      source: 'document 000; CURATOR-27',
      shows: [{ property: 'deadlock-freedom', hazards: ['reset', 'lost-reply'] }],
    },
  },
  (options) => new ZookeeperLock(options, new Forgetful(options)),
);
