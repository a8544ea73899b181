/** The marks of a session, and the processes that carry one. Linux: reads /proc. */
import { readdir, readFile, readlink } from 'node:fs/promises';

/** Environment variable that carries the id of the session. */
export const SESSION_VARIABLE = 'HOLDFAST_SESSION';

/** Label of every container that a session starts. */
export const SESSION_LABEL = 'holdfast.session';

/**
 * Process ids that belong to the session: those whose environment carries its id, or whose working folder lies in its
 * temp folder (Redis and PostgreSQL overwrite their own environment to show a title).
 */
export async function markedProcesses(id: string, root: string): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const marked = await Promise.all(
    pids.map(async (pid) => {
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      if (cwd.startsWith(root)) return true;
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(`${SESSION_VARIABLE}=${id}`);
    }),
  );
  return pids.filter((_, index) => marked[index]);
}
