/** A lock whose leases say in which state of their life they are, and whose every transition is checked. */
import { isLockError, LeaseLostError } from '../../lock.ts';
import type { AcquireOptions, Lease, Lock, ReleaseOutcome, TryAcquireOptions } from '../../lock.ts';
import { DecoratedLock } from '../decorated-lock.ts';
import { leaseAround } from '../lease-around.ts';
import { LifeCycle, type LeaseState, type Transition } from './life-cycle.ts';

export interface LifeCycleOptions {
  /** Told of every transition, in the order in which they happen; must not throw. */
  readonly onTransition?: (transition: Transition) => void;
}

export interface LifeCycleLease extends Lease {
  /** As of now: a lease whose deadline has passed is `unlocked`, also before any timer has said so. */
  readonly state: LeaseState;
}

export class LifeCycleLock extends DecoratedLock {
  readonly #tell: (transition: Transition) => void;

  constructor(inner: Lock, { onTransition = () => undefined }: LifeCycleOptions = {}) {
    super(inner);
    this.#tell = onTransition;
  }

  override async acquire(key: string, options: AcquireOptions = {}): Promise<LifeCycleLease> {
    const life = new LifeCycle(key, this.#tell);
    return living(life, await begun(life, this.inner.acquire(key, options)));
  }

  override async tryAcquire(key: string, options: TryAcquireOptions = {}): Promise<LifeCycleLease | null> {
    const life = new LifeCycle(key, this.#tell);
    const lease = await begun(life, this.inner.tryAcquire(key, options));
    if (lease !== null) return living(life, lease);
    life.go('timeout', 'unlocked');
    return null;
  }

  override using<T>(key: string, options: AcquireOptions, routine: (lease: LifeCycleLease) => Promise<T>): Promise<T> {
    return super.using(key, options, (lease) => routine(lease as LifeCycleLease));
  }
}

async function begun<T>(life: LifeCycle, answer: Promise<T>): Promise<T> {
  life.go('acquiring');
  try {
    return await answer;
  } catch (error) {
    life.go(isLockError(error) && error.code === 'LOCK_TIMEOUT' ? 'timeout' : 'error', 'unlocked');
    throw error;
  }
}

function living(life: LifeCycle, inner: Lease): LifeCycleLease {
  life.token = inner.token;
  life.go('locked');
  let renewals = 0;
  const lost = (): void => {
    if (!life.held) return;
    const { reason } = inner.signal as { readonly reason: unknown };
    const expired = !(isLockError(reason) && reason instanceof LeaseLostError) || reason.reason === 'deadline';
    life.go(expired ? 'timeout' : 'error', 'unlocked');
  };
  /** A process that was stopped serves its sockets before its timers: the clock is asked, too. */
  const look = (): void => {
    if (inner.signal.aborted || inner.remainingMs() <= 0) lost();
  };
  inner.signal.addEventListener('abort', lost, { once: true });
  // Of renewals in the background nothing is heard but that they succeeded.
  inner.onRenewed(() => {
    if (life.state === 'locked') life.go('renewing', 'locked');
  });
  look();

  return leaseAround(inner, {
    get state(): LeaseState {
      look();
      return life.state;
    },
    async renew(): Promise<void> {
      look();
      renewals += 1;
      if (life.state === 'locked') life.go('renewing');
      try {
        await inner.renew();
      } finally {
        renewals -= 1;
        look();
        if (life.state === 'renewing' && renewals === 0) life.go('locked');
      }
    },
    async release(): Promise<ReleaseOutcome> {
      look();
      const first = life.held;
      if (first) life.go('releasing');
      const outcome = await inner.release();
      if (first) life.go('unlocked');
      return outcome;
    },
  });
}
