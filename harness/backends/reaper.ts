/** The reaper process: waits until the harness has ended, then removes what the harness had no time to remove. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { markedProcesses, networkName, SESSION_LABEL } from './marked.ts';

/** A process that was being spawned when the harness died carries the mark only after its exec: look more than once. */
const ROUNDS_WITHOUT_FIND = 3;
const ROUND_MS = 100;
const ROUNDS_AT_MOST = 100;

const [id, root] = process.argv.slice(2);
if (!id || !root) throw new Error('usage: reaper SESSION ROOT');
let containers = false;
process.stdin.on('data', (chunk: Buffer) => {
  containers ||= chunk.includes('containers');
});
process.stdin.on('end', () => void reap(id, root));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

async function reap(session: string, folder: string): Promise<void> {
  let quiet = 0;
  for (let round = 0; round < ROUNDS_AT_MOST && quiet < ROUNDS_WITHOUT_FIND; round++) {
    const pids = await markedProcesses(session, folder);
    for (const pid of pids) kill(pid);
    quiet = pids.length === 0 ? quiet + 1 : 0;
    await sleep(ROUND_MS);
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  if (containers) await removeContainers(session);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself between the look and the kill.
  }
}

async function removeContainers(session: string): Promise<void> {
  const docker = async (...args: string[]): Promise<string[]> => {
    const { stdout } = await promisify(execFile)('docker', args);
    return stdout.split('\n').filter((line) => line !== '');
  };
  const found = await docker('ps', '--all', '--quiet', '--filter', `label=${SESSION_LABEL}=${session}`);
  if (found.length > 0) await docker('rm', '--force', '--volumes', ...found);
  const networks = await docker('network', 'ls', '--quiet', '--filter', `name=${networkName(session)}`);
  if (networks.length > 0) await docker('network', 'rm', ...networks);
}
