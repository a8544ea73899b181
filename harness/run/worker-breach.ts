import { UsageError } from '../base/errors.ts';
import type { Breach } from '../verdict/breach.ts';

/** Trouble with a worker by the doing of the lock in it. */
export class WorkerBreach extends UsageError {
  readonly breach: Breach;

  constructor(breach: Breach) {
    super(`${breach.who}: ${breach.message}`);
    this.breach = breach;
  }
}
