/** A connection of a database on which a lock is held: what is the same whatever the database is. */
import type { HeldGrant, Holder } from '../connection/backend.ts';
import { LockOutcomeUnknownError } from '../lock.ts';

export abstract class DatabaseHolder implements Holder {
  readonly #onEnd = new Set<() => void>();
  /** Statements whose answers are outstanding. The server runs the first. */
  readonly #asked = new Set<{ readonly statement: string }>();
  #state: 'open' | 'ended' | 'given back' = 'open';

  abstract lock(key: string, waitMs: number): Promise<HeldGrant | undefined>;
  abstract unlock(): Promise<'released' | 'lost'>;
  abstract ping(): Promise<void>;

  onEnd(listener: () => void): void {
    if (this.#state === 'ended') queueMicrotask(listener);
    else this.#onEnd.add(listener);
  }

  giveBack(): void {
    this.#leave('given back', false);
  }

  async end(): Promise<void> {
    const [running] = this.#state === 'open' ? this.#asked : [];
    this.#leave('ended', true);
    // A session that waits for a lock does not look whether its client is still there, and would be granted it.
    if (running !== undefined) await this.endSession(running.statement);
  }

  /** Puts the connection back into its pool, or out of this world, and listens to it no longer. */
  protected abstract putBack(broken: boolean): void;
  /** Makes the server end the session of a connection that was given up while it ran `statement`. */
  protected abstract endSession(statement: string): Promise<void>;
  /** Whether a statement failed for want of a table or a sequence. */
  protected abstract isMissing(error: unknown): boolean;
  /** Creates what was missing. @throws the error with the statement that does so, where this is not allowed */
  protected abstract createMissing(error: unknown): Promise<void>;

  /** Makes the connection usable after a statement on it has failed. */
  protected async afterFailure(): Promise<void> {}

  /** Sends one statement on the connection. @throws LockOutcomeUnknownError when it has ended, and as `query` does */
  protected async send<T>(statement: string, query: () => Promise<T>): Promise<T> {
    if (this.#state !== 'open') throw new LockOutcomeUnknownError('the connection to the database has ended');
    const asked = { statement };
    this.#asked.add(asked);
    try {
      return await query();
    } finally {
      this.#asked.delete(asked);
    }
  }

  /** Runs `work`, and again after creating a table that was missing, if that is allowed. */
  protected async asking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!this.isMissing(error)) throw error;
      await this.afterFailure();
      await this.createMissing(error);
      return work();
    }
  }

  /** To be called when the connection says that it has ended. */
  protected readonly ended = (): void => {
    if (this.#state !== 'open') return;
    this.#leave('ended', true);
    for (const listener of this.#onEnd) listener();
  };

  #leave(state: 'ended' | 'given back', broken: boolean): void {
    if (this.#state !== 'open') return;
    this.#state = state;
    this.putBack(broken);
  }
}
