/** The session of leases of one length: replaced when it expires, and kept clean of what no longer belongs to anybody. */
import type { Clock } from '../lease/clock.ts';
import { LockBackendError } from '../lock.ts';
import { isNoNode } from './client.ts';
import type { ZookeeperClient } from './client.ts';
import { Session } from './session.ts';

/** Before a session that was refused is asked for again. */
const REFUSED_PAUSE_MS = 1000;

const NO_CONNECTION = 'there is no connection to ZooKeeper';
const REFUSED = 'ZooKeeper refuses the authentication of this client: see what `createClient` passes to `addAuthInfo`';

/** Nodes of an attempt that must go, in a session that lives on. */
interface Orphan {
  readonly parent: string;
  readonly token: string;
}

export class Sessions {
  readonly #createClient: () => ZookeeperClient;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #listeners = new Set<() => void>();
  /** A node in a living session never goes by itself: each is kept here until its removal is confirmed. */
  readonly #orphans = new Map<string, Orphan>();
  #current: Session;
  #why = NO_CONNECTION;
  #tried = false;
  #closed = false;

  /** `onChange` as for `onChange` below, for as long as it lives. */
  constructor(createClient: () => ZookeeperClient, clock: Clock, onChange: () => void) {
    this.#createClient = createClient;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#current = this.#open();
  }

  /** @throws LockBackendError, definite, when it is not connected */
  get current(): Session {
    if (!this.#current.connected) throw new LockBackendError(this.#why, 'definite');
    return this.#current;
  }

  /** Calls `listener` whenever the session is connected, again, anew or no more. Returns the function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether a connection has been made or refused, so that waiting for one makes no sense any more. */
  get tried(): boolean {
    return this.#tried;
  }

  /** Resolves when `session`, by default the present one, is connected or ended, or when `patience` aborts. */
  settled(patience?: AbortSignal, session = this.#current): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!session.connected && !session.ended && patience?.aborted !== true) return;
        stop();
        patience?.removeEventListener('abort', check);
        resolve();
      };
      const stop = this.onChange(check);
      patience?.addEventListener('abort', check);
      check();
    });
  }

  /**
   * Removes every node of `token`, on this connection or a later one. The server carries out the commands of a session in
   * order, so that a creation which is still under way is found, too.
   * @throws as `Session.run`; it will be tried again
   */
  async remove(orphan: Orphan): Promise<void> {
    this.#orphans.set(orphan.token, orphan);
    const session = this.current;
    const children = await session
      .run<string[]>((client, done) => client.getChildren(orphan.parent, done))
      .catch(noneIfGone);
    const own = children.filter((name) => name.includes(orphan.token));
    await Promise.all(
      own.map((name) =>
        session.run<void>((client, done) => client.remove(`${orphan.parent}/${name}`, -1, done)).catch(noneIfGone),
      ),
    );
    this.#orphans.delete(orphan.token);
  }

  /** `end`: also the session at the server, with all its nodes. */
  async close(withinMs: number, end: boolean): Promise<void> {
    this.#closed = true;
    this.#why = 'the lock has been closed';
    await this.#current.close(withinMs, end);
    this.#changed();
  }

  #open(): Session {
    return new Session(this.#createClient(), this.#clock, {
      connected: () => {
        for (const orphan of this.#orphans.values()) this.remove(orphan).catch(ignore);
        this.#changed();
      },
      ended: (session, how) => {
        if (session !== this.#current) return;
        if (how === 'expired') this.#orphans.clear();
        this.#why = how === 'refused' ? REFUSED : NO_CONNECTION;
        if (how === 'refused') this.#clock.setTimer(() => this.#reopen(), REFUSED_PAUSE_MS).unref();
        else this.#reopen();
        this.#changed();
      },
    });
  }

  #reopen(): void {
    if (!this.#closed) this.#current = this.#open();
  }

  #changed(): void {
    this.#tried = true;
    for (const listener of this.#listeners) listener();
    this.#onChange();
  }
}

function noneIfGone(error: unknown): never[] {
  if (isNoNode(error)) return [];
  throw error;
}

/** It is tried again with the next connection. */
function ignore(): void {}
