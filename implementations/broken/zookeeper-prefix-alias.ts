/**
 * Mistake: the nodes of all locks lie in one folder; those of a lock are found by the beginning of their names, and put in
 * order as strings. The lock `order` takes the nodes of `order_-1` for its own, and they come before all of its own.
 * Source: document 000.
 * Must show: deadlock-freedom violated without any fault, where the other lock is always held by somebody.
 */
import { plainName } from '../key.ts';
import { ZookeeperBackend, ZookeeperLock } from '../zookeeper/lock.ts';
import type { LockNode, Naming } from '../zookeeper/nodes.ts';
import { pathOf } from '../zookeeper/nodes.ts';
import type { ZookeeperLockOptions } from '../zookeeper/lock.ts';
import { zookeeperSpecimen } from './shared/coordination-specimen.ts';

class OneFolder extends ZookeeperBackend {
  readonly #folder: string;

  constructor(options: ZookeeperLockOptions) {
    super(options);
    this.#folder = pathOf(options.prefix ?? '', 'locks');
  }

  protected override parentOf(): string {
    return this.#folder;
  }

  protected override namingOf(key: string): Naming {
    const beginning = `${plainName(key.slice(key.lastIndexOf(':') + 1))}_`;
    return {
      // The number comes first behind the name, as in the document; the token of a protected node goes before it.
      prefix: (_mode, token) => `${beginning}${token}_`,
      queue: (children) =>
        children
          .filter((name) => name.startsWith(beginning))
          .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
          .map((name): LockNode => ({ name, mode: 'exclusive', token: '', sequence: 0 })),
    };
  }
}

/** Its name without the token. */
function rank(name: string): string {
  return name.replace(/[0-9a-f]{32}_/, '');
}

export const lock = zookeeperSpecimen(
  {
    name: 'zookeeper-prefix-alias',
    recoverMs: 500,
    specimen: {
      mistake: 'nodes of a lock are found by the beginning of their names, and ordered as strings',
      source: 'document 000',
      shows: [{ property: 'deadlock-freedom', hazards: ['none'] }],
    },
  },
  (options) => new ZookeeperLock(options, new OneFolder(options)),
);
