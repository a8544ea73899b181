/** Real servers for a test or a benchmark, started as a run starts them. */
import { startNative } from '../harness/backends/native.ts';
import type { Deployment } from '../harness/backends/deployment.ts';
import { Session } from '../harness/backends/session.ts';
import type { Backend, Endpoint, Topology } from '../implementations/lock.ts';

export interface Servers extends AsyncDisposable {
  readonly deployment: Deployment;
  readonly endpoints: readonly Endpoint[];
}

/** One server, or those of a topology. */
export async function startServer(backend: Backend, topology: Topology = 'single'): Promise<Servers> {
  const session = await Session.open();
  const { signal } = new AbortController();
  try {
    const deployment = await startNative(session, { backend, topology, proxies: 0, signal });
    session.onClose(() => deployment.stop());
    return {
      deployment,
      endpoints: deployment.entrances.flatMap((index) => deployment.nodes[index]?.endpoint ?? []),
      [Symbol.asyncDispose]: () => session.close(),
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}
