/** The reaper process: waits until the harness has ended, then removes what the harness had no time to remove. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { markedProcesses, SESSION_LABEL } from './marked.ts';

/** What was being started when the harness died carries its mark only a little later: look more than once. */
const ROUNDS_WITHOUT_FIND = 3;
const ROUND_MS = 100;
const ROUNDS_AT_MOST = 100;
const CONTAINER_ROUND_MS = 500;

const [id, root] = process.argv.slice(2);
if (!id || !root) throw new Error('usage: reaper SESSION ROOT');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Ends when the harness does.
const told = await text(process.stdin);
await removeProcesses(id, root);
await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
// Most sessions end in order and have said nothing: nothing more is loaded for them.
if (told !== '') await removeTold(told, id);

async function removeProcesses(session: string, folder: string): Promise<void> {
  await untilQuiet(ROUND_MS, async () => {
    const pids = await markedProcesses(session, folder);
    for (const pid of pids) kill(pid);
    return pids.length;
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself between the look and the kill.
  }
}

async function removeTold(lines: string, session: string): Promise<void> {
  const { toReaperSchema } = await import('./reaper-messages.ts');
  const { removeTraces } = await import('./external-traces.ts');
  const messages = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => toReaperSchema.parse(JSON.parse(line)));
  const gone = new Set(messages.flatMap((message) => (message.type === 'traces-gone' ? [message.id] : [])));
  const left = messages.flatMap((message) => (message.type === 'traces' && !gone.has(message.id) ? [message] : []));
  const containers = messages.some(({ type }) => type === 'containers');
  // Nobody is left to be told of what cannot be removed.
  await Promise.allSettled([
    ...left.map(({ traces }) => removeTraces(traces)),
    containers ? removeContainers(session) : undefined,
  ]);
}

async function removeContainers(session: string): Promise<void> {
  const docker = async (...args: string[]): Promise<string[]> => {
    const { stdout } = await promisify(execFile)('docker', args);
    return stdout.split('\n').filter((line) => line !== '');
  };
  await untilQuiet(CONTAINER_ROUND_MS, async () => {
    const found = await docker('ps', '--all', '--quiet', '--filter', `label=${SESSION_LABEL}=${session}`);
    // One may vanish by itself meanwhile: the next round sees.
    if (found.length > 0) await docker('rm', '--force', '--volumes', ...found).catch(() => undefined);
    return found.length;
  });
}

/** Calls `round` until it has found nothing several times in a row. */
async function untilQuiet(everyMs: number, round: () => Promise<number>): Promise<void> {
  let quiet = 0;
  for (let count = 0; count < ROUNDS_AT_MOST && quiet < ROUNDS_WITHOUT_FIND; count++) {
    quiet = (await round()) === 0 ? quiet + 1 : 0;
    await sleep(everyMs);
  }
}
