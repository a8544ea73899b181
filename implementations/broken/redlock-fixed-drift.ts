/**
 * Mistake: a fixed time is allowed for the drift of clocks, however long the lease is. With a lease of five seconds, clocks that
 * run 0.4 % apart differ by ten times as much.
 * Source: the description of Redlock allows for "a few milliseconds in order to compensate for clock drift between processes".
 * Must show: exclusion violated, without any fault, where clocks run at different rates and leases are long.
 */
import type { Answer, Grant, LeaseBackend, LeaseRequest } from '../lease/backend.ts';
import { driftMs } from '../lease/held-lease.ts';
import { Redlock, RedlockBackend } from '../redis/redlock.ts';
import { redlockSpecimen } from './shared/redis-specimen.ts';

const DRIFT_MS = 2;

class FixedDrift extends RedlockBackend {
  override async attempt(request: LeaseRequest): Promise<Answer> {
    const answer = await super.attempt(request);
    return answer.kind === 'granted' ? { ...answer, leaseMs: stretched(request.leaseMs) } : answer;
  }

  override extend(grant: Grant): ReturnType<LeaseBackend['extend']> {
    return super.extend({ ...grant, leaseMs: Math.round(grant.leaseMs - driftMs(grant.leaseMs) + DRIFT_MS) });
  }
}

/** A length of which as much is left, when a share of it was allowed for drift, as the fixed time leaves of this one. */
function stretched(leaseMs: number): number {
  const share = driftMs(1) - driftMs(0);
  return (leaseMs - DRIFT_MS + driftMs(0)) / (1 - share);
}

export const lock = redlockSpecimen(
  {
    name: 'redlock-fixed-drift',
    specimen: {
      mistake: 'a fixed time is allowed for the drift of clocks, however long the lease',
      source: 'the description of Redlock: "just a few milliseconds"',
      shows: [{ property: 'exclusion', hazards: ['none'] }],
    },
  },
  (options) => new Redlock(options, new FixedDrift(options)),
);
