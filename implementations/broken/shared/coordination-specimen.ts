/** What the specimens on ZooKeeper, etcd and Consul share: everything that is not their mistake is the reference's. */
import type { ConsulLock, ConsulLockOptions } from '../../consul/lock.ts';
import { claims as consulClaims, connectConsul } from '../../consul/module.ts';
import type { EtcdLock, EtcdLockOptions } from '../../etcd/lock.ts';
import { claims as etcdClaims, connectEtcd } from '../../etcd/module.ts';
import type { LockModule, Specimen } from '../../lock.ts';
import type { ZookeeperLock, ZookeeperLockOptions } from '../../zookeeper/lock.ts';
import { claims as zookeeperClaims, connectZookeeper } from '../../zookeeper/module.ts';

interface Definition {
  readonly name: string;
  readonly specimen: Specimen;
  /** Where a mistake shows only with leases of some length. */
  readonly leastLeaseMs?: number;
  /** Less than of the reference, where no crash is needed: then less waiting shows that nobody will be granted the lock. */
  readonly recoverMs?: number;
}

type Common = Pick<
  LockModule,
  'name' | 'summary' | 'topologies' | 'recoverMs' | 'load' | 'turns' | 'specimen' | 'leastLeaseMs'
>;

/** One server shows these mistakes as well as three do. */
function common({ name, specimen, recoverMs = 4000, leastLeaseMs }: Definition): Common {
  const least = leastLeaseMs === undefined ? {} : { leastLeaseMs };
  const summary = `Specimen: ${specimen.mistake}`;
  return {
    name,
    summary,
    topologies: ['single'],
    recoverMs,
    load: { clientsPerWorker: 2 },
    turns: { allowanceMs: 2000 },
    specimen,
    ...least,
  };
}

export function zookeeperSpecimen(
  definition: Definition,
  make: (options: ZookeeperLockOptions) => ZookeeperLock,
): LockModule {
  const connect: LockModule['connect'] = (context) => connectZookeeper(context, make);
  return { ...common(definition), backend: 'zookeeper', claims: zookeeperClaims, connect };
}

export function etcdSpecimen(definition: Definition, make: (options: EtcdLockOptions) => EtcdLock): LockModule {
  const connect: LockModule['connect'] = (context) => connectEtcd(context, make);
  return { ...common(definition), backend: 'etcd', claims: etcdClaims, connect };
}

export function consulSpecimen(definition: Definition, make: (options: ConsulLockOptions) => ConsulLock): LockModule {
  const connect: LockModule['connect'] = (context) => connectConsul(context, make);
  return { ...common(definition), backend: 'consul', claims: consulClaims, connect };
}
