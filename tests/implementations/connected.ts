/** Connected locks for a test file. */
import type { ConnectContext, ConnectedLock, Endpoint, LockModule } from '../../implementations/lock.ts';

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
