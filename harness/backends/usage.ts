/** Processor time and memory of processes, as /proc tells them. */
import { readFileSync } from 'node:fs';
import { descendantsOf } from './process-tree.ts';

export interface Usage {
  /** Processor time since they began, in milliseconds. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/** Of the kernel: clock ticks per second, and the size of a page (`sysconf`; the same on every Linux of today). */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** Of a process and all that it has started; `undefined` where it is gone, or there is no /proc. */
export function usageOf(pid: number): Usage | undefined {
  const all = [pid, ...descendantsOf(pid)].map(usageOfOne).filter((one) => one !== undefined);
  if (all.length === 0) return undefined;
  return {
    cpuMs: all.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    memoryBytes: all.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  };
}

function usageOfOne(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain anything; the fields count from its end, and the first is the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { cpuMs: (ticks * 1000) / TICKS_PER_SECOND, memoryBytes: Number(fields[21]) * PAGE_BYTES };
  } catch {
    // It ended between the look and the reading.
    return undefined;
  }
}
