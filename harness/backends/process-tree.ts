/** A process and all that it has started: some servers do their work in children of their own. */
import { readdirSync, readFileSync } from 'node:fs';

/** Process ids below `root`, parents before children; without `root` itself. Linux: elsewhere none are found. */
export function descendantsOf(root: number): number[] {
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
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain anything; the fields count from its end: state, then the parent.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It ended between the look and the reading.
    return undefined;
  }
}
