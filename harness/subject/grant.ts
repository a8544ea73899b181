/** What a history says of a grant. */
import type { Lease } from 'holdfast-locks';
import type { EventRecorder } from '../history/recorder.ts';
import { isStamped } from './stamps.ts';

/** As it was asked for, such as mode and owner, and in this length. */
interface Asked {
  readonly lease: string;
  readonly leaseMs?: number;
}

/**
 * @param nsOf nanoseconds of the recorder's clock at a moment of `performance.now()`
 * @returns the value of the event; `t`, where the lock runs in another process, by its own stamps
 */
export function grantOf(
  lease: Lease,
  asked: Asked,
  recorder: EventRecorder,
  nsOf: (performanceMs: number) => number,
): object {
  const fence = lease.fencingToken === undefined ? {} : { fence: String(lease.fencingToken) };
  // A lock without a deadline has taken no notice of the length.
  const { leaseMs, ...endless } = asked;
  if (!isStamped(lease)) {
    const deadline = lease.expiresAt === undefined ? {} : { deadline: nsOf(lease.expiresAt) };
    return { ...(lease.expiresAt === undefined ? endless : asked), ...fence, ...deadline };
  }
  const { asked: from, answered: to, deadline, leaseMs: effectiveMs } = lease.grant;
  const length = effectiveMs ?? (deadline === undefined ? undefined : leaseMs);
  return {
    ...endless,
    ...(length === undefined ? {} : { leaseMs: length }),
    ...fence,
    ...(deadline === undefined ? {} : { deadline: deadline === 'documented' ? deadline : recorder.at(deadline) }),
    t: [recorder.at(from), recorder.at(to)],
  };
}
