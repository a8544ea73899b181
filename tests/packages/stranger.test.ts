import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DOORS, LIBRARIES } from './doors.ts';
import { RUNNERS, testOf, withRunners } from './runners.ts';
import { installed, mustRun, packBoth, ROOT, run } from './stranger.ts';
import type { Packed } from './stranger.ts';

let packed: Packed;
/** Has the locks and one driver. */
let service: string;
/** Has the program, and the locks with it. */
let tester: string;

before(async () => {
  packed = await packBoth();
  service = await installed(packed, 'service', packed.locks, 'ioredis@6', '@types/node@24');
  tester = await installed(packed, 'tester', packed.locks, packed.holdfast, '@types/node@24');
});

after(async () => {
  await packed[Symbol.asyncDispose]();
});

/** Compiles one file as a strict program that checks the types of libraries, too. */
async function compile(folder: string, source: string): Promise<void> {
  await writeFile(join(folder, 'use.ts'), source);
  const compilerOptions = {
    ...{ module: 'nodenext', target: 'es2024', lib: ['esnext'], types: ['node'], noEmit: true },
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  await mustRun(folder, join(ROOT, 'node_modules/.bin/tsc'), '-p', '.');
}

for (const name of ['holdfast', 'locks'] as const) {
  describe(`the tarball of ${name}`, () => {
    it('passes publint', async () => {
      await mustRun(ROOT, join(ROOT, 'node_modules/.bin/publint'), packed[name], '--strict');
    });

    it('passes attw for a package of ES modules', async () => {
      await mustRun(ROOT, join(ROOT, 'node_modules/.bin/attw'), '--profile', 'esm-only', packed[name]);
    });

    it('has its licence and a page about itself', async () => {
      const files = await mustRun(ROOT, 'tar', '-tzf', packed[name]);
      for (const file of ['LICENSE', 'README.md']) assert.ok(files.includes(`package/${file}\n`), file);
    });
  });
}

describe('a service that uses one lock', () => {
  it('installs the locks, its driver and nothing else', async () => {
    const there = await readdir(join(service, 'node_modules'));
    assert.ok(there.includes('holdfast-locks'));
    for (const name of ['zod', 'pg', 'mysql2', 'consul', 'node-zookeeper-client', 'holdfast'])
      assert.ok(!there.includes(name), name);
  });

  it('loads every door without the other drivers', async () => {
    for (const door of DOORS.filter((name) => LIBRARIES[name] === undefined))
      await mustRun(service, process.execPath, '--input-type=module', '-e', `await import('${door}')`);
  });

  it('compiles against every door, the types of libraries checked and no types of drivers at hand', async () => {
    const imports = DOORS.map((door, n) => `import * as door${n} from '${door}';`);
    const lock = `import { Redis } from 'ioredis';
      import type { Lock } from 'holdfast-locks';
      import { RedisLock } from 'holdfast-locks/redis';
      export const lock: Lock = new RedisLock({ client: new Redis() });`;
    const doors = `export const doors = [${DOORS.map((_, n) => `door${n}`).join(', ')}];`;
    await compile(service, [...imports, lock, doors].join('\n'));
  });
});

describe('a tester that has the program', () => {
  it('has one copy of the locks: that of their own package, at the very version', async () => {
    const manifest = async (name: string): Promise<Record<string, unknown>> =>
      JSON.parse(await readFile(join(tester, 'node_modules', name, 'package.json'), 'utf8')) as Record<string, unknown>;
    const { dependencies } = await manifest('holdfast');
    assert.equal(Reflect.get(Object(dependencies), 'holdfast-locks'), (await manifest('holdfast-locks'))['version']);
    const files = await mustRun(ROOT, 'tar', '-tzf', packed.holdfast);
    assert.doesNotMatch(files, /implementations|lease-lock/);
  });

  it('imports the locks from holdfast, and compiles against them', async () => {
    const source = `import { isLockError, LeaseLock, LocalLock, RedisLock, type LeaseBackend, type Lock } from 'holdfast';
      export const lock: Lock = new LocalLock();
      export type Backend = LeaseBackend;
      export const all = [isLockError, LeaseLock, RedisLock];`;
    await compile(tester, source);
    await mustRun(tester, process.execPath, 'use.ts');
  });

  it('requires them from CommonJS, and gets the same', async () => {
    await writeFile(
      join(tester, 'use.cjs'),
      `const { RedisLock } = require('holdfast');
      const locks = require('holdfast-locks/redis');
      import('holdfast').then((imported) => {
        if (RedisLock !== locks.RedisLock || RedisLock !== imported.RedisLock) process.exit(1);
      });`,
    );
    await mustRun(tester, process.execPath, 'use.cjs');
  });

  it('verifies a lock of their own, in the simulation', async () => {
    await copyFile(join(ROOT, 'examples/my-lock.ts'), join(tester, 'my-lock.ts'));
    const args = ['verify', '--impl', './my-lock.ts', '--backend', 'sim', '--profile', 'smoke'];
    const output = await mustRun(tester, 'npx', 'holdfast', ...args);
    assert.match(output, /my-lock: every claim that was tested holds/);
    assert.match(output, new RegExp(`npx holdfast ${args.join(' ')}`));
  });

  it('has a lock, a configuration and a workflow written, and the lock runs at once', async () => {
    const fresh = join(tester, 'fresh');
    await mkdir(fresh);
    await mustRun(fresh, 'npx', 'holdfast', 'init');
    const output = await mustRun(fresh, 'npx', 'holdfast', 'verify', '--backend', 'sim', '--seed', '1');
    assert.match(output, /my-lock: every claim that was tested holds/);
    const inShell = join(tester, 'fresh-shell');
    await mkdir(inShell);
    await mustRun(inShell, 'npx', 'holdfast', 'init', '--language', 'shell');
    assert.match(await readFile(join(inShell, '.github/workflows/locks.yml'), 'utf8'), /- run: npx holdfast verify/);
  });

  it('compiles a property of a lock', async () => {
    const source = `import fc from 'fast-check';
      import { checkHistory, historyArbitrary, lockProperty } from 'holdfast/testing';
      await fc.assert(await lockProperty(new URL('./my-lock.ts', import.meta.url), { properties: ['exclusion'] }));
      fc.assert(fc.property(historyArbitrary(), (history) => checkHistory(history, 'lock').operations > 0));`;
    await compile(tester, source);
  });

  it('is told what to type in their folder: npx holdfast, and what it says can be typed', async () => {
    const { code, stderr } = await run(tester, 'npx', 'holdfast', 'verify');
    assert.equal(code, 2);
    assert.match(stderr, /see "npx holdfast list"/);
    const found = await run(
      ...[tester, 'npx', 'holdfast', 'verify', '--impl', 'no-expiry', '--backend', 'sim', '--profile', 'smoke'],
    );
    assert.equal(found.code, 1);
    assert.doesNotMatch(`${found.stdout}${found.stderr}`, /npm run/);
    const [, replay = ''] = /npx (holdfast replay \S+plan-\d+\.json --backend sim)/.exec(found.stdout) ?? [];
    assert.equal((await run(tester, 'npx', ...replay.split(' '))).code, 1);
  });
});

describe('a lock as a property, with a fast-check of their own', () => {
  before(() => withRunners(tester));

  for (const runner of RUNNERS) {
    it(`passes under ${runner.name}, and nothing keeps the runner from ending`, async () => {
      await mustRun(tester, process.execPath, ...runner.args(await testOf(tester, 'correct', runner)));
    });

    it(`fails under ${runner.name} with a small plan, and what is then told to be typed fails, too`, async () => {
      const file = await testOf(tester, 'broken', runner);
      const { code, stdout, stderr } = await run(tester, process.execPath, ...runner.args(file));
      const output = `${stdout}${stderr}`;
      assert.equal(code, 1, output);
      assert.match(output, /"workers":2,.*"faults":\[\{"id":"[^{]*"aim":\{[^{]*\}\}\]/);
      assert.match(output, /exclusion is violated under client-pause/);
      const [, replay = ''] = /npx (holdfast replay \S+\.json --backend sim)/.exec(output) ?? [];
      assert.equal((await run(tester, 'npx', ...replay.split(' '))).code, 1);
    });
  }
});
