/** What several specimens have in common: a lease that is lost only when its backend says so, and not by the clock. */
import { HeldLease } from '../lease/held-lease.ts';

export class TrustingLease extends HeldLease {
  protected override lossAt(): number {
    return Infinity;
  }
}
