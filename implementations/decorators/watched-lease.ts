/**
 * A lease of which somebody wants to know when it is renewed by hand or released; all else is the lease's own, also what only
 * its own library knows. One is made for each grant, and mostly nobody asks it for more than its release: so it is a proxy
 * with one handler, and copies nothing.
 */
import type { Lease, ReleaseOutcome } from '../lock.ts';

export abstract class LeaseWatch implements ProxyHandler<Lease> {
  protected readonly lease: Lease;
  #released: Promise<ReleaseOutcome> | undefined;

  constructor(lease: Lease) {
    this.lease = lease;
  }

  /** What the user of the lock is given. */
  watched(): Lease {
    return new Proxy(this.lease, this);
  }

  get(target: Lease, name: string | symbol): unknown {
    switch (name) {
      case 'release':
        return this.#release;
      case 'renew':
        return this.#renew;
      case Symbol.asyncDispose:
        return this.#dispose;
    }
    const value: unknown = Reflect.get(target, name);
    // Leases have private fields, which their methods ask of the lease itself.
    return typeof value === 'function' ? value.bind(target) : value;
  }

  /** Ends the lease; called once. */
  protected abstract release(): Promise<ReleaseOutcome>;

  protected renew(): Promise<void> {
    return this.lease.renew();
  }

  readonly #release = (): Promise<ReleaseOutcome> => (this.#released ??= this.release());
  readonly #renew = (): Promise<void> => this.renew();
  readonly #dispose = async (): Promise<void> => {
    await this.#release();
  };
}
