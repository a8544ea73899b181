/** Attempts whose caller has gone before there was a connection to send them on. */
export class Withdrawals {
  readonly #open = new Map<string, { sent: boolean; withdrawn: boolean }>();

  /**
   * Runs `work` with a function to be called before each sending: it tells whether the attempt under this token has been
   * withdrawn meanwhile.
   */
  async attempt<T>(token: string, work: (withdrawn: () => boolean) => Promise<T>): Promise<T> {
    const state = { sent: false, withdrawn: false };
    this.#open.set(token, state);
    try {
      return await work(() => {
        state.sent ||= !state.withdrawn;
        return state.withdrawn;
      });
    } finally {
      this.#open.delete(token);
    }
  }

  /** What has not been sent yet will not be sent any more. @returns whether nothing ever was */
  withdraw(token: string): boolean {
    const state = this.#open.get(token);
    if (state === undefined) return false;
    state.withdrawn = true;
    return !state.sent;
  }
}
