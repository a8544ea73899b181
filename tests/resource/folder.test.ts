/** What a worker meets in the folder that locks share while a fault is in force: the errors of a file system, and nowhere else. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { Folder } from '../../harness/subject/folder.ts';

const root = fs.mkdtempSync(join(tmpdir(), 'holdfast-folder-'));
const outside = fs.mkdtempSync(join(tmpdir(), 'holdfast-outside-'));
const seen: string[] = [];
const folder = new Folder(root, ({ call, what }) => seen.push(`${call} ${what}`));
let count = 0;
const fresh = (): string => join(root, `file-${count++}`);

afterEach(() => {
  folder.disturb(undefined);
  seen.length = 0;
});
after(() => {
  for (const path of [root, outside]) fs.rmSync(path, { recursive: true });
});

const byCallback = (path: string): Promise<string> =>
  new Promise((resolve) => fs.mkdir(path, (error) => resolve(error?.code ?? 'made')));

void describe('the shared folder', () => {
  void it('when full refuses what is new, in each of the three ways to call, and lets go what is there', async () => {
    const old = fresh();
    await mkdir(old);
    folder.disturb({ kind: 'full' });
    await assert.rejects(mkdir(fresh()), { code: 'ENOSPC', syscall: 'mkdir' });
    assert.throws(() => fs.mkdirSync(fresh()), { code: 'ENOSPC' });
    assert.equal(await byCallback(fresh()), 'ENOSPC');
    assert.throws(() => fs.openSync(fresh(), 'wx'), { code: 'ENOSPC' });
    fs.utimesSync(old, 1, 1);
    fs.rmdirSync(old);
    assert.deepEqual(seen, ['mkdir refused', 'mkdir refused', 'mkdir refused', 'open refused']);
  });

  void it('when read-only refuses every change, and can be looked at', async () => {
    const old = fresh();
    await mkdir(old);
    folder.disturb({ kind: 'read-only' });
    for (const change of [mkdir(fresh()), fs.promises.rmdir(old), utimes(old, 1, 1)])
      await assert.rejects(change, { code: 'EROFS' });
    assert.ok((await stat(old)).isDirectory());
    fs.closeSync(fs.openSync(old, 'r'));
  });

  void it('when slow answers late, and so says', async () => {
    folder.disturb({ kind: 'slow', delayMs: 20, direction: 'both' });
    const began = performance.now();
    assert.equal(await byCallback(fresh()), 'made');
    assert.ok(performance.now() - began >= 39);
    await assert.rejects(stat(fresh()), { code: 'ENOENT' });
    assert.deepEqual(seen, ['mkdir late', 'stat late']);
  });

  void it('when stale tells times as they were first seen, until the worker changes the file itself', async () => {
    const path = fresh();
    await writeFile(path, '');
    folder.disturb({ kind: 'stale' });
    const first = (await stat(path)).mtimeMs;
    // Another worker's change: nothing of this process knows of it.
    execFileSync('touch', ['-d', '@1000', path]);
    assert.equal((await stat(path)).mtimeMs, first);
    assert.deepEqual(seen, ['stat stale']);
    fs.utimesSync(path, 2000, 2000);
    assert.equal((await stat(path)).mtimeMs, 2_000_000);
  });

  void it('disturbs nothing outside, and nothing when it is well', async () => {
    folder.disturb({ kind: 'full' });
    await mkdir(join(outside, 'one'));
    folder.disturb(undefined);
    await mkdir(fresh());
    assert.deepEqual(seen, []);
  });
});
