/** The part of npm's `redlock` 4 that is used here; it ships no types. */
declare module 'redlock' {
  import type { Redis } from 'ioredis';

  interface Lock {
    readonly value: string;
    /** `Date.now()` at which it counts as expired: the time of the request, plus the length, less the drift. */
    readonly expiration: number;
    extend(ttl: number): PromiseLike<Lock>;
    /** Rejects when no majority of the servers had it any more. */
    unlock(): PromiseLike<void>;
  }

  class Redlock {
    constructor(
      clients: readonly Redis[],
      options?: { readonly retryCount?: number; readonly retryDelay?: number; readonly retryJitter?: number },
    );
    lock(resource: string, ttl: number): PromiseLike<Lock>;
    lockWithOptions(resource: string, ttl: number, options: { readonly retryCount?: number }): PromiseLike<Lock>;
    /** `clientError`: a server answered with an error, or not at all. */
    on(event: 'clientError', listener: (error: Error) => void): this;
  }
  export = Redlock;
}
