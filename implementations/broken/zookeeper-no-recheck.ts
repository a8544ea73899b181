/**
 * Mistake: a waiter that is woken takes it that its turn has come. The node before it may have been that of another waiter,
 * who has given up or died.
 * Source: the pitfall that the lock recipe of the ZooKeeper manual avoids by "go to step 2".
 * Must show: exclusion violated when waiters die.
 */
import { ZookeeperBackend, ZookeeperLock } from '../zookeeper/lock.ts';
import type { Place } from '../zookeeper/places.ts';
import { zookeeperSpecimen } from './shared/coordination-specimen.ts';

class Hasty extends ZookeeperBackend {
  protected override async recheck(place: Place): Promise<void> {
    await place.check();
    // Whoever is before it, by now.
    place.turn ??= place.latest;
  }
}

export const lock = zookeeperSpecimen(
  {
    name: 'zookeeper-no-recheck',
    specimen: {
      mistake: 'a waiter that is woken does not look whether it is first',
      source: 'the lock recipe of the ZooKeeper manual, step 2',
      shows: [{ property: 'exclusion', hazards: ['client-crash', 'client-pause'] }],
    },
  },
  (options) => new ZookeeperLock(options, new Hasty(options)),
);
