/** What one server has asked the leader for, and waits for. */

interface Waiter<Result> {
  readonly done: (result: Result) => void;
  readonly lost: (() => void) | undefined;
}

export class Asked<Result> {
  readonly #server: number;
  /** Numbers of a life before mean nothing. */
  #life = 0;
  #asked = 0;
  readonly #proposals = new Map<string, Waiter<Result>>();
  readonly #reads = new Map<string, () => void>();

  constructor(server: number) {
    this.#server = server;
  }

  /** @returns by what the answer will be known */
  proposal(done: (result: Result) => void, lost: (() => void) | undefined): string {
    const id = this.#nextId();
    this.#proposals.set(id, { done, lost });
    return id;
  }

  read(ready: () => void): string {
    const id = this.#nextId();
    this.#reads.set(id, ready);
    return id;
  }

  isApplied(id: string, result: Result): void {
    const waiter = this.#proposals.get(id);
    this.#proposals.delete(id);
    waiter?.done(result);
  }

  isReadable(id: string): void {
    const ready = this.#reads.get(id);
    this.#reads.delete(id);
    ready?.();
  }

  /** This server has ceased to lead. */
  loseProposals(): void {
    for (const [id, { lost }] of this.#proposals) {
      if (lost === undefined) continue;
      this.#proposals.delete(id);
      lost();
    }
  }

  crash(): void {
    this.#life += 1;
    this.#proposals.clear();
    this.#reads.clear();
  }

  #nextId(): string {
    return `${this.#server}.${this.#life}.${++this.#asked}`;
  }
}
