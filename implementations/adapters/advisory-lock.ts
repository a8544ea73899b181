/**
 * npm's `advisory-lock` 2.0: a session-level advisory lock of PostgreSQL, on a connection of its own.
 *
 * Its documentation: "make absolutely sure there will never be more than one process active at any given time". It refers to
 * PostgreSQL's manual for the rest: such a lock lasts until it is released or its session ends. Nobody is told that it has
 * ended; a holder whose connection is lost still believes.
 */
import advisory from 'advisory-lock';
import type { Claims } from '../claims.ts';
import type { ConnectContext, LockModule } from '../lock.ts';
import { adapted, type Asked, type Held } from './adapted.ts';

type Unlock = () => Promise<void>;
interface Mutex {
  tryLock(): Promise<Unlock | undefined>;
}
/** CommonJS: what its types take for the default export is a property of it. */
const { default: advisoryLock } = advisory as unknown as {
  readonly default: (connection: string) => (name: string) => Mutex;
};

/** The session ends, and with it the lock, while the holder believes. */
const endsSession = {
  reset: 'not-promised',
  'lost-reply': 'not-promised',
  'client-partition': 'not-promised',
  'minority-partition': 'not-promised',
  'majority-partition': 'not-promised',
  'server-crash': 'not-promised',
  'server-crash-volatile': 'not-promised',
} as const;

const claims: Claims = {
  exclusion: { otherwise: 'holds', except: endsSession },
  'no-lost-update': { otherwise: 'holds', except: endsSession },
  'deadlock-freedom': { otherwise: 'holds' },
};

/** Whoever wants to wait no longer than a time asks again: `lock()` blocks "indefinitely". */
const RETRY_MS = 50;

function addressOf({ endpoints: [endpoint] }: ConnectContext): string {
  if (endpoint === undefined) throw new RangeError('no server');
  const { host, port, username = 'postgres', password } = endpoint;
  const user = [username, ...(password === undefined ? [] : [password])].map(encodeURIComponent).join(':');
  return `postgres://${user}@${host}:${port}/postgres`;
}

async function take(mutex: Mutex, { timeoutMs, signal }: Asked): Promise<Held | null> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const unlock = await mutex.tryLock();
    // It does not say whether the lock was still there.
    if (unlock !== undefined) return { release: unlock };
    if (signal.aborted || performance.now() + RETRY_MS > endsAt) return null;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

export const lock: LockModule = {
  name: 'npm:advisory-lock',
  summary: "npm's advisory-lock 2.0: pg_try_advisory_lock on a connection for each lock.",
  backend: 'postgres',
  topologies: ['single'],
  claims,
  // It polls.
  recoverMs: 2500,
  polls: true,
  notSimulable: 'its statements are not among those that the model of PostgreSQL knows',
  async connect(context) {
    const mutexOf = advisoryLock(addressOf(context));
    return adapted({ take: (asked) => take(mutexOf(asked.key), asked) });
  },
};
