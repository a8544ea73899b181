/** The leases of several keys as one: it lasts as long as all of them do. */
import type { Lease, ReleaseOutcome } from '../lock.ts';
import { newToken } from '../token.ts';

export class MultiLease implements Lease {
  /** All keys, in the order in which they were taken. */
  readonly key: string;
  readonly token = newToken();
  /** Those of the single keys, in that order; each has its own fencing token. */
  readonly leases: readonly Lease[];
  /**
   * That of the last key, which was granted when the whole was; the first one's is older, and another may have had it since
   * if its server has lost its data. It rises among those who take the same keys, and means nothing among others.
   */
  readonly fencingToken: bigint | undefined;
  readonly #signal: AbortSignal;
  #release: Promise<ReleaseOutcome> | undefined;

  /** @param leases at least one */
  constructor(leases: readonly Lease[], key = leases.map((lease) => lease.key).join(' ')) {
    this.key = key;
    this.leases = leases;
    this.fencingToken = leases.at(-1)?.fencingToken;
    this.#signal = AbortSignal.any(leases.map((lease) => lease.signal));
  }

  /** Aborts when the first of them is lost, or is found to be when this is asked for. */
  get signal(): AbortSignal {
    // Each asks its clock: a process that was stopped serves its sockets before its timers.
    for (const lease of this.leases) void lease.signal;
    return this.#signal;
  }

  /** The earliest of all. */
  get expiresAt(): number | undefined {
    const deadlines = this.leases.map(({ expiresAt }) => expiresAt).filter((deadline) => deadline !== undefined);
    return deadlines.length === 0 ? undefined : Math.min(...deadlines);
  }

  remainingMs(): number {
    return Math.min(...this.leases.map((lease) => lease.remainingMs()));
  }

  /** All of them; the first failure is the answer, when all have been tried. */
  async renew(): Promise<void> {
    const answers = await Promise.allSettled(this.leases.map((lease) => lease.renew()));
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  onRenewed(listener: (expiresAt: number) => void): () => void {
    let last = this.expiresAt;
    const ends = this.leases.map((lease) =>
      lease.onRenewed(() => {
        const next = this.expiresAt;
        // Only the one that would have ended first moves the deadline of all.
        if (next === undefined || next === last) return;
        last = next;
        listener(next);
      }),
    );
    return () => {
      for (const end of ends) end();
    };
  }

  /** `released` when all were; `lost` when any was lost. */
  release(): Promise<ReleaseOutcome> {
    this.#release ??= this.#releaseAll();
    return this.#release;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  async #releaseAll(): Promise<ReleaseOutcome> {
    const outcomes: ReleaseOutcome[] = [];
    // The last one first, so that whoever waits for the first does not then wait for the others.
    for (const lease of this.leases.toReversed()) outcomes.push(await lease.release());
    if (outcomes.includes('lost')) return 'lost';
    return outcomes.includes('unknown') ? 'unknown' : 'released';
  }
}
