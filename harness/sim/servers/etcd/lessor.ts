/** The end of etcd's leases: kept by the leader alone, on its monotonic clock. */
import type { Surroundings } from '../../network/node.ts';

/** How often a leader looks for leases that have run out. */
const LOOK_EVERY_MS = 500;

export class Lessor {
  readonly #around: Surroundings;
  readonly #revoke: (id: bigint) => void;
  /** Lease → when it runs out; `undefined` while another leads. */
  #ends: Map<bigint, number> | undefined;
  #stopLooking: () => void = () => undefined;
  /** Renewals of leases that have run out: they end when the lease does, or the leadership. */
  readonly #late = new Map<bigint, ((found: 'not found' | 'not primary') => void)[]>();

  constructor(around: Surroundings, revoke: (id: bigint) => void) {
    this.#around = around;
    this.#revoke = revoke;
  }

  /** Begins to lead: every lease lasts as if it had just been renewed, and an election longer. */
  promote(leases: ReadonlyMap<bigint, number>, electionMs: number): void {
    const now = this.#around.nowMs();
    this.#ends = new Map([...leases].map(([id, seconds]) => [id, now + seconds * 1000 + electionMs]));
    this.#look();
  }

  demote(): void {
    this.#ends = undefined;
    this.#stopLooking();
    for (const waiting of this.#late.values()) for (const settle of waiting) settle('not primary');
    this.#late.clear();
  }

  granted(id: bigint, ttlSeconds: number): void {
    this.#ends?.set(id, this.#around.nowMs() + ttlSeconds * 1000);
  }

  revoked(id: bigint): void {
    this.#ends?.delete(id);
    for (const settle of this.#late.get(id) ?? []) settle('not found');
    this.#late.delete(id);
  }

  renew(
    id: bigint,
    ttlSeconds: number | undefined,
    settle: (how: 'renewed' | 'not found' | 'not primary') => void,
  ): void {
    const end = this.#ends?.get(id);
    if (this.#ends === undefined) return settle('not primary');
    if (end === undefined || ttlSeconds === undefined) return settle('not found');
    if (this.#around.nowMs() >= end) return void this.#late.set(id, [...(this.#late.get(id) ?? []), settle]);
    this.granted(id, ttlSeconds);
    settle('renewed');
  }

  /** Whole seconds until it runs out, -1 if there is no such lease; `undefined` while another leads. */
  secondsLeft(id: bigint): number | undefined {
    if (this.#ends === undefined) return undefined;
    const end = this.#ends.get(id);
    return end === undefined ? -1 : Math.max(0, Math.floor((end - this.#around.nowMs()) / 1000));
  }

  #look(): void {
    this.#stopLooking();
    this.#stopLooking = this.#around.after(LOOK_EVERY_MS, () => {
      const now = this.#around.nowMs();
      for (const [id, end] of this.#ends ?? []) if (now >= end) this.#revoke(id);
      this.#look();
    });
  }
}
