/** The life of a simulated process. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runIn } from '../../harness/sim/engine/active.ts';
import { install } from '../../harness/sim/node-api/install.ts';
import { makerOf } from '../../harness/sim/servers/models.ts';
import { Network } from '../../harness/sim/network/network.ts';
import { SimNode } from '../../harness/sim/network/node.ts';
import { MemoryRecorder } from '../../harness/sim/run/recorder.ts';
import { SimResource } from '../../harness/sim/run/resource.ts';
import { SimWorker } from '../../harness/sim/run/worker.ts';
import { World } from '../../harness/sim/engine/world.ts';

install();
const { lock: module } = await import('../../implementations/redis/modules/basic.ts');
const { scenario } = await import('../../scenarios/shared-counter.ts');

void it('a process that is told to close its lock while it connects closes it when it is connected', async () => {
  const world = new World(1);
  const node = new SimNode(world, 0);
  const [model] = makerOf('redis', 'single')([node.surroundings]).models;
  assert.ok(model !== undefined);
  node.serve(model);
  const network = new Network(world, [node], 1, () => undefined);
  const resource = new SimResource(world, new MemoryRecorder(world), scenario, {
    ...{ names: ['a'], workers: 1, clients: 2, leaseMs: 600, endless: false },
  });
  const around = { world, network, entrances: [node.endpoint], resource, begin: () => module, options: {}, scenario };
  await runIn(world, async () => {
    const worker = new SimWorker(0, around);
    const started = worker.start();
    await worker.close();
    await started;
    assert.ok(worker.living !== undefined);
    assert.deepEqual(network.openOf(worker.living), []);
  });
});
