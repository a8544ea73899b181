/** The one clock that all processes of a machine share and nobody can set. */
import { readFileSync } from 'node:fs';
import { LockBackendError } from '../../lock.ts';

export interface MachineClock {
  /** Changes with each start of the machine: times of another one mean nothing any more, and neither do its leases. */
  readonly boot: string;
  /** Microseconds since some moment in this life of the machine, the same for all of its processes. */
  now(): number;
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** Linux: CLOCK_MONOTONIC, and the kernel's own name for its present run. @throws LockBackendError elsewhere */
export function machineClock(): MachineClock {
  let boot: string;
  try {
    boot = readFileSync(BOOT_ID, 'utf8').trim();
  } catch (cause) {
    throw new LockBackendError(`${BOOT_ID} cannot be read: give the lock a "machine" clock of your own`, 'definite', {
      cause,
    });
  }
  return { boot, now: () => Number(process.hrtime.bigint() / 1000n) };
}
