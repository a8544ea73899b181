import type { Scenario } from '../../harness/resource/scenario.ts';
import { folder, type Folder, type Operations } from '../file-processing.ts';

/** The lock is released when the result is there, and the file marked afterwards: whoever is granted in between takes it too. */
export const scenario: Scenario<Folder, Operations> = {
  ...folder,
  name: 'broken/marks-done-after-release',
  summary: 'the processing of files, with each marked as done when the lock has been released',
  mistake: 'a part of what the lock is for is done without it',
  source: '000: bookkeeping in a finally block behind the release',
  async cycle(client) {
    const use = await client.acquire(client.names[0]);
    const picked = await use.do('pick');
    await use.work();
    if (use.lost) return;
    const published = await use.do('publish', (door) =>
      picked[door] === undefined ? undefined : { file: picked[door].picked },
    );
    await use.release();
    await client.do('mark', (door) =>
      published[door] === undefined || picked[door] === undefined ? undefined : { processed: picked[door].picked },
    );
  },
};
