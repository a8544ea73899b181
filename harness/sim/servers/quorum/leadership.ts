/** Who leads, as far as one server knows, and what waits until it knows. */
export class Leadership {
  /** Called whenever another one, or nobody, is known to lead. */
  onChange: (leader: number | undefined) => void = () => undefined;
  #leader: number | undefined;
  #waiting: (() => void)[] = [];

  get leader(): number | undefined {
    return this.#leader;
  }

  know(leader: number | undefined): void {
    if (this.#leader === leader) return;
    this.#leader = leader;
    this.onChange(leader);
    if (leader === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const act of waiting) act();
  }

  /** Calls back at once, or when somebody is known to lead. */
  whenKnown(act: (leader: number) => void): void {
    if (this.#leader === undefined) this.#waiting.push(() => this.whenKnown(act));
    else act(this.#leader);
  }

  /** It starts again. */
  crash(): void {
    this.#leader = undefined;
    this.#waiting = [];
    this.onChange(undefined);
  }
}
