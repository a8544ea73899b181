/** The states of one acquisition, and which may follow which. */

export type LeaseState = 'unlocked' | 'acquiring' | 'locked' | 'renewing' | 'releasing' | 'timeout' | 'error';

/**
 * `timeout`: the time of the caller was up, or that of the lease; `error`: the backend was in trouble, or has said that the
 * lease is another's. Both lead to `unlocked` at once.
 */
const NEXT: Readonly<Record<LeaseState, readonly LeaseState[]>> = {
  unlocked: ['acquiring'],
  acquiring: ['locked', 'timeout', 'error'],
  locked: ['renewing', 'releasing', 'timeout', 'error'],
  // A release does not wait for a renewal that is under way.
  renewing: ['locked', 'releasing', 'timeout', 'error'],
  releasing: ['unlocked'],
  timeout: ['unlocked'],
  error: ['unlocked'],
};

export interface Transition {
  readonly key: string;
  /** Of the lease; `undefined` before it is granted. */
  readonly token: string | undefined;
  readonly from: LeaseState;
  readonly to: LeaseState;
}

/** A mistake of the program: no acquisition goes this way. */
export class IllegalTransitionError extends Error {
  override readonly name = 'IllegalTransitionError';
}

export class LifeCycle {
  readonly #key: string;
  readonly #tell: (transition: Transition) => void;
  #state: LeaseState = 'unlocked';
  /** Once granted. */
  token: string | undefined;

  constructor(key: string, tell: (transition: Transition) => void) {
    this.#key = key;
    this.#tell = tell;
  }

  get state(): LeaseState {
    return this.#state;
  }

  /** Whether the lease may be in force. */
  get held(): boolean {
    return this.#state === 'locked' || this.#state === 'renewing';
  }

  /** Through these states, in this order. @throws IllegalTransitionError */
  go(...states: readonly LeaseState[]): void {
    for (const to of states) {
      const from = this.#state;
      if (!NEXT[from].includes(to)) throw new IllegalTransitionError(`${this.#key}: ${from} → ${to}`);
      this.#state = to;
      this.#tell({ key: this.#key, token: this.token, from, to });
    }
  }
}
