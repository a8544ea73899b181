import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { NativeNetwork } from '../../harness/backends/native-network.ts';
import { startProcess } from '../../harness/backends/processes.ts';
import { Session } from '../../harness/backends/session.ts';

const PORT = 7000;
const run = promisify(execFile);

/** Says whether a connection can be made, from inside the network of `from`, or from this machine. */
async function reaches(network: NativeNetwork, from: number | undefined, to: number): Promise<boolean> {
  const script = `
    const socket = require('node:net').connect({ host: '${network.hostOf(to)}', port: ${PORT}, timeout: 300 });
    socket.once('connect', () => process.exit(0));
    for (const trouble of ['error', 'timeout']) socket.once(trouble, () => process.exit(3));`;
  const enter = from === undefined ? [] : network.enter(from);
  const [program, ...args] = [...enter, process.execPath, '-e', script];
  return run(program, args).then(
    () => true,
    (error: Error & { code?: number }) => {
      assert.equal(error.code, 3, error.message);
      return false;
    },
  );
}

describe('the network of native servers', () => {
  let session: Session;
  let network: NativeNetwork;

  before(async () => {
    session = await Session.open();
    network = await NativeNetwork.open(session, 3);
    session.onClose(() => network.close());
    const folder = session.folder('listeners');
    for (const node of [0, 1, 2]) {
      const script = `require('node:net').createServer().listen(${PORT}, () => require('node:fs').writeFileSync('${node}.up', ''))`;
      const [command, ...args] = [...network.enter(node), process.execPath, '-e', script];
      const listener = await startProcess({
        ...{ name: `listener-${node}`, command, args, folder },
        environment: session.environment,
      });
      session.onClose(() => listener.kill());
      while (!existsSync(`${folder}/${node}.up`)) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
  after(() => session.close());

  it('joins the servers with each other and with this machine', async () => {
    assert.equal(await reaches(network, 0, 1), true);
    assert.equal(await reaches(network, 2, 0), true);
    assert.equal(await reaches(network, undefined, 2), true);
  });

  it('cuts an isolated server from the others, both ways, and from nobody else', async () => {
    const heal = await network.isolate([1]);
    assert.equal(await reaches(network, 1, 0), false);
    assert.equal(await reaches(network, 2, 1), false);
    assert.equal(await reaches(network, 0, 2), true);
    assert.equal(await reaches(network, undefined, 1), true);
    await heal();
    assert.equal(await reaches(network, 2, 1), true);
  });

  it('leaves two isolated servers alone, each by itself', async () => {
    const heal = await network.isolate([0, 1]);
    assert.equal(await reaches(network, 0, 1), false);
    assert.equal(await reaches(network, 2, 0), false);
    await heal();
    assert.equal(await reaches(network, 0, 1), true);
  });

  it('is gone from this machine when it is closed', async () => {
    const ours = (): string[] =>
      Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((one) => one.address));
    const other = await NativeNetwork.open(session, 1);
    const subnet = other.hostOf(0).replace(/\d+$/, '');
    assert.ok(ours().some((address) => address.startsWith(subnet)));
    await other.close();
    while (ours().some((address) => address.startsWith(subnet))) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});
