/** What `init` writes. That it runs is tested where it is run: tests/packages/stranger.test.ts, tests/subject/init.test.ts. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, test } from 'node:test';
import { init, offeredLanguages } from '../../harness/commands/init.ts';
import { loadConfig } from '../../harness/cli/config.ts';
import { UsageError } from '../../harness/base/errors.ts';
import { loadSubject } from '../../harness/subject/protocol/file.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-init-'));
after(() => rmSync(folder, { recursive: true }));

const namesIn = (path: string): string[] => (readdirSync(path, { recursive: true }) as string[]).toSorted();

for (const language of offeredLanguages()) {
  void test(`a lock in ${language}, a configuration that names it, and a workflow; and overwrites nothing`, async () => {
    const into = join(folder, language);
    const { files, impl } = init({ language, folder: into });
    const config = await loadConfig(into);
    assert.deepEqual([config.impl, config.profile], [impl, 'smoke']);
    assert.match(readFileSync(join(into, '.github/workflows/locks.yml'), 'utf8'), /verify -- --backend native/);
    if (language !== 'typescript') {
      const { file } = loadSubject(pathToFileURL(join(into, impl)).href);
      // It claims nothing yet: the first run describes it.
      assert.deepEqual([file.name, file.claims], ['my-lock', undefined]);
    }
    rmSync(join(into, 'holdfast.config.json'));
    const before = namesIn(into);
    assert.throws(
      () => init({ language, folder: into }),
      (error) => {
        assert.ok(error instanceof UsageError);
        return files.every((file) => file === 'holdfast.config.json' || error.message.includes(file));
      },
    );
    assert.deepEqual(namesIn(into), before);
  });
}
