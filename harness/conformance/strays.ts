/** Rejections that a lock leaves to nobody, told from everybody else's by the asynchronous context in which they come about. */
import { AsyncLocalStorage } from 'node:async_hooks';

const context = new AsyncLocalStorage<unknown[]>();
let listening = false;

/**
 * Runs `work`, and puts into `strays` what is rejected without anybody who handles it by what began in it: also long after its
 * end, for a client that is closed may give up its commands later, and that shall neither end the process nor be charged to
 * the lock that is tested next.
 */
export function gatherStrays<T>(strays: unknown[], work: () => Promise<T>): Promise<T> {
  if (!listening) process.on('unhandledRejection', onStray);
  listening = true;
  return context.run(strays, work);
}

function onStray(error: unknown): void {
  const strays = context.getStore();
  if (strays !== undefined) strays.push(error);
  // As if nobody listened.
  else if (process.listenerCount('unhandledRejection') === 1) throw error;
}

/** Each text once, with how often it came. */
export function tallied(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => (count === 1 ? text : `${text} (${count} times)`)).join('; ');
}
