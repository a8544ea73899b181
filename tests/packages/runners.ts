/** Test files of a stranger, for each runner, and how each is run. */
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './stranger.ts';

interface Runner {
  readonly name: string;
  /** Where `test` is imported from. */
  readonly module: string;
  /** How a test is given a minute. */
  readonly declare: (title: string, body: string) => string;
  readonly args: (file: string) => readonly string[];
}

const limitLast = (title: string, body: string): string => `test('${title}', async () => { ${body} }, 60_000);`;

/** They are run by Node.js, with these arguments, in a folder that `withRunners` has prepared. */
export const RUNNERS: readonly Runner[] = [
  {
    ...{ name: 'node:test', module: 'node:test', args: (file) => ['--test', file] },
    declare: (title, body) => `test('${title}', { timeout: 60_000 }, async () => { ${body} });`,
  },
  {
    ...{ name: 'vitest', module: 'vitest', declare: limitLast },
    args: (file) => ['node_modules/vitest/vitest.mjs', 'run', file],
  },
  {
    ...{ name: 'jest', module: '@jest/globals', declare: limitLast },
    args: (file) => ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', file],
  },
];

/** Two locks, the runners of this repository, and a copy of fast-check that Holdfast knows nothing of. */
export async function withRunners(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  for (const name of ['vitest', 'jest', '@jest']) await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  await cp(join(modules, 'fast-check'), join(modules, 'their-fast-check'), { recursive: true });
  const correct = await readFile(join(ROOT, 'examples', 'my-lock.ts'), 'utf8');
  await writeFile(join(folder, 'correct.ts'), correct);
  // A release that deletes the key, whoever holds it.
  await writeFile(
    join(folder, 'broken.ts'),
    correct.replace('client.eval(FREE, 1, name(key), token)', 'client.del(name(key))'),
  );
}

/** A test file about one of the locks. @returns its name */
export async function testOf(
  folder: string,
  lock: 'correct' | 'broken',
  { name, module, declare }: Runner,
): Promise<string> {
  const file = `${lock}-${name.replace(':', '-')}.test.mjs`;
  const text = `
    import { test } from '${module}';
    import * as fc from 'their-fast-check';
    import { lockProperty } from 'holdfast/testing';
    ${declare(
      'my lock keeps its promises',
      `const property = await lockProperty('./${lock}.ts', { hazards: ['client-pause'] });
      await fc.assert(property, { numRuns: 30, seed: 1 });`,
    )}`;
  await writeFile(join(folder, file), text);
  return file;
}
