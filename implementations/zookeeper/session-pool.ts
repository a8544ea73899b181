/** The sessions of one lock: one succession of them for each timeout that its leases need. */
import type { Clock } from '../lease/clock.ts';
import type { ZookeeperClient } from './client.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import { timeoutFor } from './timeouts.ts';

export class SessionPool {
  readonly #createClient: (sessionTimeoutMs: number) => ZookeeperClient;
  readonly #clock: Clock;
  readonly #usualLeaseMs: number;
  readonly #onChange: () => void;
  /** By their timeout. */
  readonly #sessions = new Map<number, Sessions>();
  #lastUsed: Sessions | undefined;

  /** @param onChange a connection of any session has come or gone. */
  constructor(
    createClient: (sessionTimeoutMs: number) => ZookeeperClient,
    { clock, usualLeaseMs, onChange }: { clock: Clock; usualLeaseMs: number; onChange: () => void },
  ) {
    this.#createClient = createClient;
    this.#clock = clock;
    this.#usualLeaseMs = usualLeaseMs;
    this.#onChange = onChange;
  }

  /** A lease of this length lies in a session of a timeout that suits it. */
  for(leaseMs: number): Sessions {
    const timeoutMs = timeoutFor(leaseMs);
    let sessions = this.#sessions.get(timeoutMs);
    if (sessions === undefined) {
      sessions = new Sessions(() => this.#createClient(timeoutMs), this.#clock, this.#onChange);
      this.#sessions.set(timeoutMs, sessions);
    }
    this.#lastUsed = sessions;
    return sessions;
  }

  /** For what no lease depends on. */
  any(): Sessions {
    return this.#lastUsed ?? this.for(this.#usualLeaseMs);
  }

  /** One of those, once it has been tried to open it. */
  async anyTried(): Promise<Session> {
    const sessions = this.any();
    if (!sessions.tried) await sessions.settled();
    return sessions.current;
  }

  /** @param end whether the sessions end with their connections; else they are left to their timeouts. */
  async close(withinMs: number, end: boolean): Promise<void> {
    await Promise.all(Array.from(this.#sessions.values(), (sessions) => sessions.close(withinMs, end)));
  }
}
