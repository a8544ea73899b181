/** What can be wrong in a simulated run: with the simulation, or with what a process did. */

/** The run cannot be judged: it came to a standstill, or did what is not simulated. The harness's trouble, never a pass. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
  /** It went on and on, which may be the lock's own doing; else it asked for what there is not. */
  readonly endless: boolean;
  /** Package or file that asked for it, where that is known. */
  readonly module: string | undefined;

  constructor(
    message: string,
    { endless = false, module }: { readonly endless?: boolean; readonly module?: string | undefined } = {},
  ) {
    super(message);
    this.endless = endless;
    this.module = module;
  }
}

/** What a simulated process did that none may: most of it would have ended a program of its own. */
export interface Problem {
  readonly owner: string;
  readonly kind:
    | 'unhandled rejection'
    | 'uncaught exception'
    | 'does not end'
    | 'leaves too much behind'
    | 'departs from the contract'
    | 'does not finish';
  readonly error: unknown;
  /** Of the call that never came back. */
  readonly lease?: string;
}
