/** The part of npm's `redlock` 4 that the benchmark calls; it ships no types. */
declare module 'redlock' {
  import type { Redis } from 'ioredis';

  interface Lock {
    unlock(): PromiseLike<void>;
  }

  class Redlock {
    constructor(clients: readonly Redis[], options?: { readonly retryCount?: number });
    lock(resource: string, ttl: number): PromiseLike<Lock>;
  }
  export = Redlock;
}
