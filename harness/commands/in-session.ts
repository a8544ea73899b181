/** Running a command inside a session that ends with it, however it ends. */
import { Session } from '../backends/session.ts';

export async function inSession<T>(command: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open();
  try {
    return await command(session);
  } finally {
    await session.close();
  }
}

/**
 * What `command` does until `signal` aborts.
 * @returns `undefined` when it was cut short by the signal: then its trouble is no trouble
 */
export async function unlessAborted<T>(signal: AbortSignal, command: () => Promise<T>): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  try {
    return await command();
  } catch (error) {
    if (!signal.aborted) throw error;
    return undefined;
  }
}
