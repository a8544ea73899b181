/** Real servers for a test file, started as a run starts them. */
import { startNative } from '../../harness/backends/native.ts';
import type { Deployment } from '../../harness/backends/deployment.ts';
import { Session } from '../../harness/backends/session.ts';
import type {
  Backend,
  ConnectContext,
  ConnectedLock,
  Endpoint,
  LockModule,
  Topology,
} from '../../implementations/lock.ts';

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

function contextOf(endpoints: readonly Endpoint[], options: Readonly<Record<string, unknown>>): ConnectContext {
  return { endpoints, natMap: {}, prefix: 'test:', folder: '', options, signal: new AbortController().signal };
}

/** A connected lock that is closed at the end of its block, if not before. */
export type Connected = ConnectedLock & AsyncDisposable;

export async function connectTo(
  module: LockModule,
  endpoints: readonly Endpoint[],
  options: Readonly<Record<string, unknown>> = {},
): Promise<Connected> {
  const connected = await module.connect(contextOf(endpoints, options));
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= connected.close());
  return { lock: connected.lock, close, [Symbol.asyncDispose]: close };
}

/** Looks again and again until `holds`; the test's own time limit ends what never does. */
export async function eventually(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
