/** Images of ZooKeeper, etcd and Consul, made of this machine's own programs. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { consul } from '../../harness/backends/servers/consul.ts';
import { etcd } from '../../harness/backends/servers/etcd.ts';
import { docker } from './engine.ts';
import { binaryOf, importImage, installed, rootOf, type Images } from './images.ts';

const JARS = '/usr/share/java';
const ENVIRONMENT = ['VOLUME /data', 'ENV PATH=/usr/local/bin:/usr/bin:/bin'];

export async function buildQuorumImages(tag: string): Promise<Images> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-images-'));
  const names = ['zookeeper', 'etcd', 'consul'].map((server) => `holdfast-test-${server}:${tag}`);
  const [ofZookeeper = '', ofEtcd = '', ofConsul = ''] = names;
  const shell = ['sh', 'rm', 'mkdir'].map((command) => ({ from: installed(command), to: `/bin/${command}` }));
  try {
    for (const [server, name] of [
      [etcd, ofEtcd],
      [consul, ofConsul],
    ] as const) {
      const { command } = server.native;
      const root = await rootOf(join(folder, command), [
        ...shell,
        { from: binaryOf(server), to: `/usr/local/bin/${command}` },
      ]);
      mkdirSync(join(root, 'data'));
      await importImage(root, name, ENVIRONMENT);
    }
    const java = realpathSync(installed('java'));
    const home = dirname(dirname(java));
    const zookeeperRoot = await rootOf(join(folder, 'zookeeper'), [
      ...shell,
      { from: java, to: java },
      { from: join(home, 'lib/server/libjvm.so'), to: join(home, 'lib/server/libjvm.so') },
    ]);
    // Some of its files are links to what is not installed.
    cpSync(join(home, 'lib'), join(zookeeperRoot, home, 'lib'), {
      recursive: true,
      dereference: true,
      filter: (file) => existsSync(file),
    });
    for (const jar of readdirSync(JARS)) {
      if (existsSync(join(JARS, jar)))
        cpSync(realpathSync(join(JARS, jar)), join(zookeeperRoot, JARS, jar), { recursive: true });
    }
    mkdirSync(join(zookeeperRoot, 'data'));
    await importImage(zookeeperRoot, ofZookeeper, ['VOLUME /data', `ENV PATH=${dirname(java)}:/bin`]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return {
    environment: {
      HOLDFAST_IMAGE_ZOOKEEPER: ofZookeeper,
      HOLDFAST_IMAGE_ETCD: ofEtcd,
      HOLDFAST_IMAGE_CONSUL: ofConsul,
    },
    async [Symbol.asyncDispose]() {
      await docker('image', 'rm', '--force', ...names);
    },
  };
}
