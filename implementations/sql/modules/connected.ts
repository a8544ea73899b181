import type { ConnectedLock, Lock } from '../../lock.ts';

/** How long `connect` waits for a server that does not answer; afterwards the lock reports it, call by call. */
const READY_WITHIN_MS = 2000;
/** How long connections that are being closed may take to say so. */
const CLOSE_WITHIN_MS = 500;

/** Waits a moment for the server, and joins the end of the lock with the end of its connections. */
export async function connected(
  lock: Lock & { close(): Promise<void> },
  pools: readonly { end(): Promise<void> }[],
  signal: AbortSignal,
): Promise<ConnectedLock> {
  const close = async (): Promise<void> => {
    await lock.close();
    // A connection that is lost already cannot say goodbye.
    await settledWithin(CLOSE_WITHIN_MS, Promise.allSettled(pools.map((pool) => pool.end())));
  };
  await settledWithin(READY_WITHIN_MS, lock.health());
  if (signal.aborted) {
    await close();
    signal.throwIfAborted();
  }
  return { lock, close };
}

async function settledWithin(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
