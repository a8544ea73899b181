/** A process and all that it has started: some servers do their work in children of their own. */
import { readdirSync, readFileSync } from 'node:fs';

/** Process ids below `root`, parents before children; without `root` itself. Linux: elsewhere none are found. */
export function descendantsOf(root: number): number[] {
  const quick = namedBelow(root);
  if (quick !== undefined) return quick;
  const childrenOf = new Map<number, number[]>();
  for (const name of processIds()) {
    const parent = parentOf(name);
    if (parent === undefined) continue;
    const siblings = childrenOf.get(parent);
    if (siblings === undefined) childrenOf.set(parent, [Number(name)]);
    else siblings.push(Number(name));
  }
  const found: number[] = [];
  for (let next: number | undefined = root, index = 0; next !== undefined; next = found[index++]) {
    found.push(...(childrenOf.get(next) ?? []));
  }
  return found;
}

/**
 * By the kernel's own lists of each thread's children, which take microseconds to read: a fault strikes at a moment that
 * was aimed at. `undefined` where the kernel keeps none.
 */
function namedBelow(root: number): number[] | undefined {
  const found: number[] = [];
  for (let next: number | undefined = root, index = 0; next !== undefined; next = found[index++]) {
    const children = childrenIn(next);
    if (children !== undefined) found.push(...children);
    else if (next === root) return undefined;
  }
  return found;
}

function childrenIn(pid: number): number[] | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return undefined;
  }
}

/** Whether it still runs, or stands still; one that has ended and was not yet reaped does not. */
export const isAlive = (pid: number): boolean => !['', 'Z', 'X'].includes(statOf(String(pid))[0] ?? '');

/** One that has ended by itself is none to signal. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

function processIds(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    // No /proc: a system whose servers are told by their own id alone.
    return [];
  }
}

function parentOf(pid: string): number | undefined {
  const [, parent] = statOf(pid);
  return parent === undefined ? undefined : Number(parent);
}

/** State, parent, and what follows them; nothing of a process that is gone. */
function statOf(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain anything; the fields count from its end.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It ended between the look and the reading.
    return [];
  }
}
