/** ZooKeeper, etcd and Consul in containers: three servers find each other, one of them leads, and they come back empty. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Hazard } from '../../implementations/claims.ts';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { reportSchema } from '../../harness/report/report.ts';
import { Sandbox } from '../e2e/program.ts';
import { belongings, provideEngine, untilBelongings } from './engine.ts';
import { buildImages } from './images.ts';
import { buildQuorumImages } from './quorum-images.ts';

const stack = new AsyncDisposableStack();
let env: Readonly<Record<string, string>> = {};
before(async () => {
  stack.use(await provideEngine());
  const [others, quorums] = [await buildImages('quorum'), await buildQuorumImages('quorum')];
  stack.use(others);
  stack.use(quorums);
  env = { ...others.environment, ...quorums.environment };
});
after(() => stack.disposeAsync());

const HAZARDS: readonly Hazard[] = ['none', 'failover', 'server-crash-volatile'];

for (const impl of ['etcd', 'consul', 'zookeeper']) {
  void test(`${impl} in containers`, async () => {
    const atFirst = await belongings();
    await using sandbox = new Sandbox();
    const chosen = ['--hazard', HAZARDS.join(','), '--runs', '1'];

    const ended = await sandbox.run(['verify', '--backend', 'docker', '--impl', impl, ...chosen, '--json'], { env });

    // Fairness and sharing are not exercised by so little.
    assert.ok(
      [EXIT.ok, EXIT.inconclusive].some((code) => code === ended.code),
      ended.stderr,
    );
    const [lock] = reportSchema.parse(JSON.parse(ended.stdout)).locks;
    assert.equal(lock?.backend.provisioner, 'docker');
    const bitten = lock.cells.filter((cell) => cell.faultsBitten > 0).map(({ hazard }) => hazard);
    for (const hazard of HAZARDS) assert.ok(hazard === 'none' || bitten.includes(hazard), `${hazard} took effect`);
    await untilBelongings((now) => now.every((one) => atFirst.includes(one)));
  });
}
