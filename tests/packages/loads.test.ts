import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { DOORS, LIBRARIES } from './doors.ts';

const OWN = new URL('../../implementations/', import.meta.url).href;

/** Every module that is loaded with `specifier`, in a process of its own. */
async function loadedWith(specifier: string): Promise<string[]> {
  const script = `
    import { registerHooks } from 'node:module';
    const urls = [];
    registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
    await import(${JSON.stringify(specifier)});
    console.log(JSON.stringify(urls));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--conditions=holdfast-source', '--input-type=module', '--eval', script],
  ]);
  return JSON.parse(stdout) as string[];
}

for (const door of DOORS) {
  const library = LIBRARIES[door];
  const own = library === undefined ? [OWN] : [OWN, new URL('./', import.meta.resolve(library)).href];
  void it(`${door} loads its own modules and Node's${library === undefined ? '' : `, ${library}`}, no driver and no zod`, async () => {
    const loaded = await loadedWith(door);
    assert.ok(loaded.some((url) => url.startsWith(OWN)));
    assert.deepEqual(
      loaded.filter((url) => ![...own, 'node:'].some((known) => url.startsWith(known))),
      [],
    );
  });
}

void it('holdfast/testing loads fast-check and zod, and nothing else that is installed: test files start quickly', async () => {
  const loaded = await loadedWith('holdfast/testing');
  const installed = loaded.flatMap((url) => /\/node_modules\/([^/]+)/.exec(url)?.[1] ?? []);
  assert.deepEqual(new Set(installed), new Set(['fast-check', 'pure-rand', 'zod']));
});

void it('what loads a driver is seen to', async () => {
  const loaded = await loadedWith('holdfast-locks/internal/redis/modules/basic');
  for (const library of ['ioredis', 'zod']) assert.ok(loaded.some((url) => url.includes(`/node_modules/${library}/`)));
});
