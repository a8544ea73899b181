/** The wall clock of a process that runs under libfaketime: a file says how far it is from the true time. */
import { renameSync, writeFileSync } from 'node:fs';

/** Environment under which a process reads its wall clock's offset from `file` at every look; its monotonic clock stays true. */
export function fakeClockEnvironment(preload: readonly string[], file: string): Record<string, string> {
  return {
    LD_PRELOAD: preload.join(' '),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_NO_CACHE: '1',
    // The fix is for a glibc of long ago: with this one, timed waits on the monotonic clock return at once, and a JVM spins.
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
  };
}

/** Moves the clock of the processes that read `file` to this much from the true time. */
export function moveFakeClock(file: string, offsetMs: number): void {
  const seconds = offsetMs / 1000;
  // Renamed into place, so that nobody reads half a line.
  writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}s\n`);
  renameSync(`${file}.new`, file);
}
