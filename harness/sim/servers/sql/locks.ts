/** Locks of a database that sessions hold and wait for, each handed on in the order in which it was asked for. */
import type { Surroundings } from '../../network/node.ts';

interface Waiter<Session> {
  readonly session: Session;
  readonly granted: () => void;
  /** Its time is up. */
  readonly expire: () => void;
  /** It is no longer told that it has waited for too long. */
  readonly stop: () => void;
}

interface Lock<Session> {
  holder: Session;
  /** A session may take a lock of its own again, and must give it back as often. */
  times: number;
  readonly waiters: Waiter<Session>[];
}

/** Of sessions of one server. */
export class Locks<Session> {
  readonly #around: Pick<Surroundings, 'after'>;
  readonly #locks = new Map<string, Lock<Session>>();

  constructor(around: Pick<Surroundings, 'after'>) {
    this.#around = around;
  }

  /** Calls `done` when it is granted, or not within `waitMs`. */
  take(name: string, session: Session, waitMs: number, done: (granted: boolean) => void): void {
    const lock = this.#locks.get(name);
    if (lock === undefined) {
      this.#locks.set(name, { holder: session, times: 1, waiters: [] });
      return done(true);
    }
    if (lock.holder === session) {
      lock.times += 1;
      return done(true);
    }
    if (waitMs === 0) return done(false);
    const expire = (): void => {
      lock.waiters.splice(lock.waiters.indexOf(waiter), 1);
      done(false);
    };
    const stop = this.#around.after(waitMs, expire);
    const waiter = { session, granted: () => done(true), expire, stop };
    lock.waiters.push(waiter);
  }

  holderOf(name: string): Session | undefined {
    return this.#locks.get(name)?.holder;
  }

  /** @returns whether it was its */
  giveBack(name: string, session: Session): boolean {
    const lock = this.#locks.get(name);
    if (lock?.holder !== session) return false;
    lock.times -= 1;
    if (lock.times === 0) this.#handOn(name, lock);
    return true;
  }

  /** All whose names begin so. */
  giveBackAll(prefix: string, session: Session): void {
    for (const [name, lock] of [...this.#locks]) {
      if (name.startsWith(prefix) && lock.holder === session) this.#handOn(name, lock);
    }
  }

  /** It waits for nothing any more: what it waited for is never answered. */
  forget(session: Session): void {
    for (const { waiters } of this.#locks.values()) {
      const place = waiters.findIndex((waiter) => waiter.session === session);
      for (const { stop } of place < 0 ? [] : waiters.splice(place, 1)) stop();
    }
  }

  /** It has waited for long enough. */
  expire(session: Session): void {
    for (const { waiters } of this.#locks.values()) {
      const waiter = waiters.find((one) => one.session === session);
      waiter?.stop();
      waiter?.expire();
    }
  }

  clear(): void {
    this.#locks.clear();
  }

  #handOn(name: string, lock: Lock<Session>): void {
    const next = lock.waiters.shift();
    if (next === undefined) return void this.#locks.delete(name);
    lock.holder = next.session;
    lock.times = 1;
    next.stop();
    next.granted();
  }
}
