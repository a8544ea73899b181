/** A process with all that it has started: what strikes one of them strikes them all. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProcess } from './processes.ts';
import { descendantsOf, isAlive, signalAll } from './process-tree.ts';

/** One that forks while it is being stopped is looked at again. */
const ROUNDS_AT_MOST = 5;
const REAPED_WITHIN_MS = 5000;

/**
 * Stops or continues all. Those below are stopped first and continued last, so that whoever is left running meanwhile never
 * talks to one that still runs as if nothing were.
 * @returns `false` when the process has already ended
 */
export function strikeAll(process_: RunningProcess, signal: 'SIGSTOP' | 'SIGCONT'): boolean {
  if (signal === 'SIGCONT') {
    const struck = process_.signal(signal);
    signalAll(descendantsOf(process_.pid), signal);
    return struck;
  }
  const struck = new Set<number>();
  for (let round = 0; round < ROUNDS_AT_MOST; round += 1) {
    const fresh = descendantsOf(process_.pid).filter((pid) => !struck.has(pid));
    if (fresh.length === 0) break;
    signalAll(fresh, signal);
    for (const pid of fresh) struck.add(pid);
  }
  return process_.signal(signal);
}

/** SIGKILL to all. Settles when the last of them is gone; nothing of one that has ended: its number may be another's. */
export async function killAll(process_: RunningProcess): Promise<void> {
  const { exitCode, signalCode } = process_.child;
  if (exitCode !== null || signalCode !== null) return;
  const below = descendantsOf(process_.pid);
  // Those of its group at one stroke: none of them sees another one die.
  killGroup(process_.pid);
  signalAll(below, 'SIGKILL');
  await process_.kill();
  const bound = performance.now() + REAPED_WITHIN_MS;
  while (below.some(isAlive) && performance.now() < bound) await sleep(1);
}

/** Of a leader that lives, or has ended just now: whoever of its group is left is killed. */
export function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
