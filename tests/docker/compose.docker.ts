/** docker-compose.yml and examples/external/holdfast.config.json belong together, and to `--backend external`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { findCommand } from '../../harness/backends/binaries.ts';
import { redis } from '../../harness/backends/servers/redis.ts';
import { toxiproxy } from '../../harness/backends/servers/toxiproxy.ts';
import { reportSchema } from '../../harness/report/report.ts';
import { ROOT, Sandbox } from '../e2e/program.ts';
import { belongings, docker, provideEngine, untilBelongings } from './engine.ts';
import { buildImages } from './images.ts';
import { buildQuorumImages } from './quorum-images.ts';

const stack = new AsyncDisposableStack();
let compose: (...args: string[]) => Promise<string>;
before(async () => {
  stack.use(await provideEngine());
  const images = stack.use(await buildImages('compose'));
  const quorum = stack.use(await buildQuorumImages('compose'));
  const [program, ...first] = await findCompose();
  const project = ['--project-name', `holdfast-test-${process.pid}`];
  compose = async (...args) => {
    const env = { ...process.env, ...images.environment, ...quorum.environment };
    return (await promisify(execFile)(program, [...first, ...project, ...args], { cwd: ROOT, env })).stdout;
  };
});
after(() => stack.disposeAsync());

/** The plug-in of the docker command, or the program that came before it. @throws when neither is installed. */
async function findCompose(): Promise<[string, ...string[]]> {
  const asPlugin = await promisify(execFile)('docker', ['compose', 'version']).then(
    () => true,
    () => false,
  );
  if (asPlugin) return ['docker', 'compose'];
  const own = findCommand('docker-compose');
  if (own !== undefined) return [own];
  throw new Error('neither "docker compose" nor docker-compose is installed: run "npm run setup -- --for-tests"');
}

void test('unless they are overridden, the images are those of --backend docker', async () => {
  const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
  assert.ok(text.includes(`\${HOLDFAST_IMAGE_REDIS:-${redis.image}}`));
  assert.ok(text.includes(`\${HOLDFAST_IMAGE_TOXIPROXY:-${toxiproxy.image}}`));
});

for (const [profile, impl] of [
  ['single', 'redis-basic'],
  ['five', 'redlock'],
  ['etcd', 'etcd'],
  ['consul', 'consul'],
] as const) {
  void test(`the servers of profile "${profile}" are enough for ${impl}, with the configuration of the example`, async () => {
    const atFirst = await belongings();
    await using sandbox = new Sandbox();
    copyFileSync(
      join(ROOT, 'examples', 'external', 'holdfast.config.json'),
      join(sandbox.work, 'holdfast.config.json'),
    );
    try {
      await compose('--profile', profile, 'up', '-d');
      const published = (await docker('ps', '--format', '{{.Ports}}')).flatMap((line) => line.split(', '));
      for (const one of published.filter((mapping) => mapping.includes('->'))) {
        assert.match(one, /^127\.0\.0\.1:/, 'ports are open to this machine only');
      }
      const args = ['verify', '--impl', impl, '--profile', 'smoke', '--seed', '3', '--json', '--allow-destructive'];

      const ended = await sandbox.run(args);

      assert.equal(ended.code, EXIT.ok, ended.stderr);
      const [lock] = reportSchema.parse(JSON.parse(ended.stdout)).locks;
      assert.equal(lock?.backend.provisioner, 'external');
      const bitten = lock.cells.filter((cell) => cell.faultsBitten > 0).map(({ hazard }) => hazard);
      assert.ok(['latency', 'client-pause', 'client-crash'].every((hazard) => bitten.some((one) => one === hazard)));
    } finally {
      await compose('--profile', profile, 'down', '--volumes');
    }
    await untilBelongings((now) => now.every((one) => atFirst.includes(one)));
  });
}
