/** By specimen: what its stories tell of how the mistake shows, as the history has it. */
const LET_BOTH_IN = /there was no release between the grants of .*: the lock let both in/u;
const RELEASED_LATE =
  /the release of .*, called at .* after its (own )?deadline.*, was answered "released".*freed .*the lock of/u;
const NOT_TOLD = /had not been told of the loss of .*, due at/u;
const NOBODY_AFTER_RELEASE =
  /the last that was granted, is released; the answer is "released"; then the attempt of .* ends/u;
const HOLDER_KILLED = /is killed while it (holds .*, the last lease that was granted|waits; it had asked)/u;

export const MECHANISMS: Readonly<Record<string, RegExp>> = {
  'abandoned-acquire': NOBODY_AFTER_RELEASE,
  'breaker-counts-busy': LET_BOTH_IN,
  'client-clock-expiry': /client-clock-jump begins on worker \d: its clock is set/u,
  'consul-no-session-check': NOT_TOLD,
  'etcd-compares-wrong-key': LET_BOTH_IN,
  'etcd-keeps-lease-on-error': /ends by an error that leaves open whether it was granted/u,
  'etcd-no-recheck-after-wait': LET_BOTH_IN,
  'etcd-watch-from-now': NOBODY_AFTER_RELEASE,
  'fair-client-clock': /was bypassed \d+ times?: by .*, who asked at/u,
  'fair-queue-dead-head': HOLDER_KILLED,
  'fallback-to-local': LET_BOTH_IN,
  'fence-outside-grant': /their tokens were not drawn in the order in which the lock was granted/u,
  'get-then-delete': RELEASED_LATE,
  'no-expiry': HOLDER_KILLED,
  'no-owner-delete': RELEASED_LATE,
  'owner-is-a-name': LET_BOTH_IN,
  'redlock-minority': LET_BOTH_IN,
  'redlock-no-validity-check': /had already expired when it was granted, .* after its deadline/u,
  'redlock-unconditional-cleanup': LET_BOTH_IN,
  'redlock-validity-hidden': LET_BOTH_IN,
  'reentrant-local-count': LET_BOTH_IN,
  'reentrant-overwrite': LET_BOTH_IN,
  'release-never-matches': NOBODY_AFTER_RELEASE,
  'renew-recreates-key': /the first deadline of .* had passed when .* was granted; its last renewal was told at/u,
  'renewal-ends-at-first-error': NOT_TOLD,
  'renewal-ignores-lost': NOT_TOLD,
  'renewal-never-stops': HOLDER_KILLED,
  'renewal-once-per-object': /the first deadline of .* had passed when .* the lock had told nobody of a renewal/u,
  'renewal-without-deadline': NOT_TOLD,
  'row-lock-replace': LET_BOTH_IN,
  'rw-one-ttl': /others who asked later got to share it/u,
  'rw-writer-ignores-readers': LET_BOTH_IN,
  'seconds-truncation': LET_BOTH_IN,
  'setnx-then-expire': HOLDER_KILLED,
  'sweep-check-then-delete': LET_BOTH_IN,
  'takeover-by-key': LET_BOTH_IN,
  'takeover-keeps-old-expiry': LET_BOTH_IN,
  'token-per-object': RELEASED_LATE,
  'waiter-keeps-transaction': /the first deadline of|there was no release between/u,
  'zookeeper-ignores-session-loss': NOT_TOLD,
  'zookeeper-no-recheck': /the release of .* was answered "released" at .*: it freed the lock of/u,
  'zookeeper-orphan-node': /the last that was granted, is released; the answer is "released"/u,
};
