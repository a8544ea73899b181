/** The same plan gives the same history, byte for byte: whatever ran before it, and in whatever process. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { OWN_FLAGS } from '../../harness/base/own-module.ts';
import { isSimulated } from '../../harness/sim/servers/simulated.ts';
import { catalogue } from '../../implementations/catalogue.ts';
import { casesOf, FIRST_CASE } from '../effort.ts';
import { ROOT, Sandbox } from '../e2e/program.ts';
import { disturbedPlans } from './digests.ts';
import { digestsOf } from './simulated.ts';

const SEEDS = casesOf(5);
const DIGESTS = join(import.meta.dirname, 'digests.ts');
const MOST_BYTES = 2 ** 24;

const run = promisify(execFile);

const LOCKS = Array.from(catalogue.values(), ({ module }) => module)
  .filter(({ specimen, backend, topologies }) => specimen === undefined && isSimulated(backend, topologies[0]))
  .map(({ name }) => name);

for (const name of [...LOCKS, 'setnx-then-expire', 'fair-client-clock']) {
  void it(`${name}: ${SEEDS} plans have the same histories forwards, backwards, and in another process`, async () => {
    const plans = disturbedPlans(name, FIRST_CASE, SEEDS);
    const [forwards, backwards, elsewhere] = await Promise.all([
      digestsOf(name, plans),
      digestsOf(name, plans.toReversed()),
      run(process.execPath, [...OWN_FLAGS, DIGESTS, name, String(FIRST_CASE), String(SEEDS)], {
        maxBuffer: MOST_BYTES,
      }),
    ]);
    assert.deepEqual(backwards.toReversed(), forwards);
    assert.deepEqual(JSON.parse(elsewhere.stdout), forwards);
    assert.ok(new Set(forwards).size > SEEDS / 2, 'the histories differ from each other');
  });
}

void it('two processes write the same histories', async () => {
  await using sandbox = new Sandbox();
  const histories = async (name: string): Promise<ReadonlyMap<string, string>> => {
    const out = join(sandbox.work, name);
    const args = ['--impl', 'redis-basic', '--backend', 'sim', '--hazard', 'client-pause,latency', '--runs', '1'];
    const { code, stderr } = await sandbox.run(['verify', ...args, '--seed', '5', '--out', out], { cwd: ROOT });
    assert.equal(code, 0, stderr);
    const folder = join(out, 'latest');
    const files = readdirSync(folder).filter((file) => file.startsWith('history'));
    return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
  };
  const first = await histories('first');
  assert.equal(first.size, 2);
  assert.deepEqual(await histories('second'), first);
});
