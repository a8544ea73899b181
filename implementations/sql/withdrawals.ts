/** Attempts whose caller has gone before there was a connection to send them on. */
export class Withdrawals {
  readonly #open = new Map<string, { withdrawn: boolean }>();

  /** Runs `work` with a function that tells whether the attempt under this token has been withdrawn meanwhile. */
  async attempt<T>(token: string, work: (withdrawn: () => boolean) => Promise<T>): Promise<T> {
    const state = { withdrawn: false };
    this.#open.set(token, state);
    try {
      return await work(() => state.withdrawn);
    } finally {
      this.#open.delete(token);
    }
  }

  /** What has not been sent yet will not be sent any more. */
  withdraw(token: string): void {
    const state = this.#open.get(token);
    if (state !== undefined) state.withdrawn = true;
  }
}
