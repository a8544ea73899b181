/**
 * Mistake: the session is renewed in the background, and nobody looks whether that succeeds: the holder is not told that
 * its session has ended.
 * Source: hand-made locks on Consul; the channel that `Lock` of Consul's own Go client returns exists because of it.
 * Must show: loss-notice violated under client-partition or server-crash.
 */
import { ConsulLock } from '../consul/lock.ts';
import type { Grant } from '../lease/backend.ts';
import type { LeaseSettings } from '../lease/held-lease.ts';
import type { Lease } from '../lock.ts';
import { consulSpecimen } from './shared/coordination-specimen.ts';
import { TrustingLease } from './shared/trusting-lease.ts';

class TrustingConsulLock extends ConsulLock {
  protected override hold(settings: LeaseSettings, grant: Grant, sentAt: number): Lease {
    return new TrustingLease(settings, grant, sentAt);
  }
}

export const lock = consulSpecimen(
  {
    name: 'consul-no-session-check',
    recoverMs: 8000,
    specimen: {
      mistake: 'the holder is not told that its session has ended',
      source: 'hand-made locks on Consul',
      shows: [{ property: 'loss-notice', hazards: ['client-partition', 'server-crash'] }],
    },
  },
  (options) => new TrustingConsulLock(options),
);
