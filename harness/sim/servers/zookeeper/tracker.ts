/** When ZooKeeper's sessions end, and which server each is at: kept by the leader alone, on its monotonic clock. */
import type { Surroundings } from '../../network/node.ts';

export class Tracker {
  readonly #around: Surroundings;
  readonly #tickMs: number;
  readonly #expire: (session: bigint) => void;
  /** `undefined`: another leads. */
  #ends: Map<bigint, number> | undefined;
  readonly #owners = new Map<bigint, number>();
  #stop: () => void = () => undefined;

  constructor(around: Surroundings, tickMs: number, expire: (session: bigint) => void) {
    this.#around = around;
    this.#tickMs = tickMs;
    this.#expire = expire;
  }

  /** All sessions begin anew. */
  lead(sessions: ReadonlyMap<bigint, number>): void {
    this.follow();
    this.#ends = new Map();
    for (const [session, timeoutMs] of sessions) this.touch(session, timeoutMs);
    this.#watch();
  }

  follow(): void {
    this.#ends = undefined;
    this.#owners.clear();
    this.#stop();
  }

  /** It has been heard of. Ends come at whole ticks. */
  touch(session: bigint, timeoutMs: number): void {
    const end = this.#around.nowMs() + timeoutMs;
    this.#ends?.set(session, (Math.floor(end / this.#tickMs) + 1) * this.#tickMs);
  }

  /** It has been heard of; one that has run out stays so. */
  renew(session: bigint, timeoutMs: number): void {
    if (this.#ends?.has(session) === true) this.touch(session, timeoutMs);
  }

  forget(session: bigint): void {
    this.#ends?.delete(session);
    this.#owners.delete(session);
  }

  /** It is at this server now. @returns whether there still is such a session */
  adopt(session: bigint, server: number): boolean {
    if (this.#ends?.has(session) !== true) return false;
    this.#owners.set(session, server);
    return true;
  }

  /** Whether it has been taken to another server. */
  hasMoved(session: bigint, server: number): boolean {
    const owner = this.#owners.get(session);
    if (owner === undefined) this.#owners.set(session, server);
    return owner !== undefined && owner !== server;
  }

  #watch(): void {
    this.#stop = this.#around.after(this.#tickMs, () => {
      const now = this.#around.nowMs();
      for (const [session, end] of this.#ends ?? []) {
        if (end > now) continue;
        this.#ends?.delete(session);
        this.#expire(session);
      }
      this.#watch();
    });
  }
}
