/** The snippets that show how a lock is written or used: the compiler accepts them, and the whole one runs on a library that is made up. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../e2e/program.ts';
import { Stranger } from './stranger.ts';

const snippetsOf = (page: string): string[] =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);

/** What the page leaves to its reader. */
const AROUND = `
declare const order: object;
declare function save(what: object, how: { fencingToken: bigint | undefined; signal: AbortSignal }): Promise<void>;
`;

const SOME_LIBRARY = `
const held = new Set();
export class Mutex {
  constructor(url) { this.url = url; }
  async lock(key, { ttl, wait }) {
    const until = performance.now() + wait;
    while (held.has(key)) {
      if (performance.now() >= until) return null;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    held.add(key);
    return { unlock: async () => void held.delete(key) };
  }
  async end() { console.log('ended', this.url); }
}
`;
const ITS_TYPES = `
export class Mutex {
  constructor(url: string);
  lock(key: string, options: { ttl: number; wait: number }): Promise<{ unlock(): Promise<void> } | null>;
  end(): Promise<void>;
}
`;

const USE = `
import { lock } from './snippet.ts';
const context = { natMap: {}, prefix: '', folder: '.', options: {}, signal: new AbortController().signal };
const connected = await lock.connect({ ...context, endpoints: [{ host: 'here', port: 1 }] });
const lease = await connected.lock.acquire('orders', { timeoutMs: 50 });
console.log(await connected.lock.tryAcquire('orders'), await lease.release());
console.log(await (await connected.lock.tryAcquire('orders'))?.release());
await connected.close();
`;

function strangerWithLibraries(): Stranger {
  const stranger = new Stranger();
  const modules = join(stranger.folder, 'node_modules');
  symlinkSync(join(ROOT, 'implementations'), join(modules, 'holdfast-locks'));
  mkdirSync(join(modules, 'some-library'));
  stranger.write('node_modules/some-library/package.json', '{ "type": "module", "exports": "./index.js" }');
  stranger.write('node_modules/some-library/index.js', SOME_LIBRARY);
  stranger.write('node_modules/some-library/index.d.ts', ITS_TYPES);
  return stranger;
}

void test('a library’s lock in ten lines runs as it stands', async () => {
  using stranger = strangerWithLibraries();
  const [snippet = ''] = snippetsOf('docs/your-own-lock.md');
  stranger.write('snippet.ts', snippet);
  stranger.write('use.ts', USE);
  // What became of the lock, the snippet's library does not say.
  const { stdout } = await stranger.run('use.ts');
  assert.equal(stdout, 'null unknown\nunknown\nended redis://here:1\n');
});

void test('the compiler accepts the snippets of both packages’ first pages, and of that for a lock of one’s own', async () => {
  using stranger = strangerWithLibraries();
  for (const [page, around] of [
    ['README.md', AROUND],
    ['implementations/README.md', AROUND],
    ['docs/your-own-lock.md', ''],
  ] as const) {
    const snippets = snippetsOf(page);
    assert.ok(snippets.length > 0, page);
    for (const [index, code] of snippets.entries())
      stranger.write(`${page.replaceAll('/', '-')}-${index}.ts`, code + around);
  }
  assert.equal(await stranger.typeErrors(), '');
});
