/** What the servers of a deployment use while a lock is loaded. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment } from '../backends/deployment.ts';
import type { Usage } from '../backends/usage.ts';

/** Processor time between two moments, and memory at the second. */
export interface Spent {
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/**
 * Waits for the measured stretch to pass.
 * @returns `undefined` where no server tells, or one was started anew meanwhile.
 */
export async function serverUsage(
  deployment: Deployment | undefined,
  inMs: { readonly from: number; readonly to: number },
  signal: AbortSignal,
): Promise<Spent | undefined> {
  await sleep(inMs.from, undefined, { signal });
  const before = usageOf(deployment);
  await sleep(inMs.to - inMs.from, undefined, { signal });
  const after = usageOf(deployment);
  if (before === undefined || after === undefined || after.cpuMs < before.cpuMs) return undefined;
  return { cpuMs: after.cpuMs - before.cpuMs, memoryBytes: after.memoryBytes };
}

function usageOf(deployment: Deployment | undefined): Usage | undefined {
  const all = (deployment?.nodes ?? []).map((node) => node.usage?.());
  const known = all.filter((one) => one !== undefined);
  if (known.length === 0 || known.length < all.length) return undefined;
  return {
    cpuMs: known.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    memoryBytes: known.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  };
}
