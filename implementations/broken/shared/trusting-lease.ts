/** What several specimens have in common: leases that are lost only when their backend says so, and not by the clock. */
import { HeldLease } from '../../lease/held-lease.ts';

export class TrustingLease extends HeldLease {
  protected override lossAt(): number {
    return Infinity;
  }
}

/**
 * A lease of a watchdog that knows no deadline: while it renews, it is held until a renewal says otherwise. Without
 * renewal it ends at its deadline.
 */
export class WatchdogLease extends HeldLease {
  protected override lossAt(): number {
    return this.settings.renew ? Infinity : this.expiresAt;
  }

  override remainingMs(): number {
    return this.settings.renew && !this.signal.aborted ? Infinity : super.remainingMs();
  }
}
