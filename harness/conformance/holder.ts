/** A process that acquires, says so, and then waits to be killed or to be told to leave. */
import { z } from 'zod';
import type { Lease } from 'holdfast-locks';
import { endpointSchema } from '../plan/endpoint-schema.ts';
import { loadLockModule } from '../subject/module.ts';

export const holderSchema = z.object({
  module: z.string(),
  context: z.object({
    endpoints: z.array(endpointSchema),
    natMap: z.record(z.string(), endpointSchema),
    prefix: z.string(),
    folder: z.string(),
    options: z.record(z.string(), z.unknown()),
  }),
  key: z.string(),
  leaseMs: z.number(),
  times: z.number().int().positive(),
  owner: z.string().optional(),
});
export type HolderOrder = z.infer<typeof holderSchema>;

async function obey({ module: url, context, key, leaseMs, times, owner }: HolderOrder): Promise<void> {
  const module = await loadLockModule(url);
  const connected = await module.connect({ ...context, signal: new AbortController().signal });
  const leases: Lease[] = [];
  for (let count = 0; count < times; count++) {
    const options = { leaseMs, timeoutMs: 60_000, ...(owner === undefined ? {} : { owner }) };
    leases.push(await connected.lock.acquire(key, options));
  }
  process.send?.('granted');
  process.once('message', () => {
    void (async () => {
      for (const lease of leases) await lease.release();
      await connected.close();
      // From here on nothing of the lock may keep the process alive.
      process.disconnect();
    })();
  });
}

process.once('message', (raw) => void obey(holderSchema.parse(raw)));
