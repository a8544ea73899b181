/** Sessions of Consul: what a lock is held by. */
import type { Clock } from '../lease/clock.ts';
import { spareMs, Stock } from '../lease/stock.ts';
import type { Mortal } from '../lease/stock.ts';
import { requestTimeoutMs } from '../lease/request-timeout.ts';
import { sessionIdOf } from './answers.ts';
import { RefusalError } from './client.ts';
import type { Agents } from './client.ts';

/** One holds at most one key at a time. */
export type ConsulSession = Mortal;

/** Sessions that nobody needs any more are ended so many at a time, each with this much time. */
const ENDINGS_AT_ONCE = 8;
const END_WITHIN_MS = 5000;

export class ConsulSessions {
  readonly #agents: Agents;
  readonly #clock: Clock;
  readonly #leastTtlMs: number;
  readonly #stock: Stock<ConsulSession>;
  readonly #endings: ConsulSession[] = [];
  readonly #enders = new Set<Promise<void>>();

  constructor(agents: Agents, clock: Clock, leastTtlMs: number) {
    this.#agents = agents;
    this.#clock = clock;
    this.#leastTtlMs = leastTtlMs;
    this.#stock = new Stock(clock, (session) => this.discard(session));
  }

  /** One that lasts for `leaseMs` from now on. */
  async take(leaseMs: number): Promise<ConsulSession> {
    const inStock = this.#stock.take(leaseMs);
    if (inStock !== undefined) return inStock;
    const ttlMs = Math.max(Math.ceil(leaseMs + spareMs(leaseMs)), this.#leastTtlMs);
    const renewedAt = this.#clock.now();
    const timeout = requestTimeoutMs(leaseMs);
    const created = await this.#agents.ask(timeout, (client) =>
      client.session.create({
        name: 'holdfast',
        ttl: `${ttlMs}ms`,
        // When the session ends, so does its key, at once: its holder has given up before (by its own clock).
        behavior: 'delete',
        lockdelay: '0s',
        // No health check: the end of a node's agent says nothing about a process on it.
        checks: [],
        timeout,
      }),
    );
    return { id: sessionIdOf(created), ttlMs, renewedAt };
  }

  /** For the next acquisition: only if the end of this one is certain. */
  putBack(session: ConsulSession): void {
    this.#stock.put(session);
  }

  /** @returns whether it still exists */
  async renew(session: ConsulSession, leaseMs: number): Promise<boolean> {
    const sentAt = this.#clock.now();
    try {
      const timeout = requestTimeoutMs(leaseMs);
      await this.#agents.ask(timeout, (client) => client.session.renew({ id: session.id, timeout }));
    } catch (error) {
      if (error instanceof RefusalError && error.status === 404) return false;
      throw error;
    }
    session.renewedAt = sentAt;
    return true;
  }

  /** Whatever it holds, or is still going to ask for, is nobody's then. */
  destroy({ id }: ConsulSession, leaseMs: number): Promise<void> {
    return this.#destroy(id, requestTimeoutMs(leaseMs));
  }

  /** Ends it in the background; if that fails, its time to live does. */
  discard(session: ConsulSession): void {
    this.#endings.push(session);
    if (this.#enders.size >= ENDINGS_AT_ONCE) return;
    const ender = this.#endSome().finally(() => this.#enders.delete(ender));
    this.#enders.add(ender);
  }

  /** Ends those that are in stock. */
  async close(): Promise<void> {
    for (const session of this.#stock.drain()) this.discard(session);
    await Promise.all(this.#enders);
  }

  async #endSome(): Promise<void> {
    for (let session = this.#endings.pop(); session !== undefined; session = this.#endings.pop()) {
      await this.#destroy(session.id, END_WITHIN_MS).catch(() => undefined);
    }
  }

  async #destroy(id: string, timeout: number): Promise<void> {
    await this.#agents.ask(timeout, (client) => client.session.destroy({ id, timeout }));
  }
}
