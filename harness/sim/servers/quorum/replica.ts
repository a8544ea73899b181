/** The log of one server, and the machine that has run as much of it as is committed. */
import { Log } from './log.ts';
import type { Machine } from './machine.ts';
import type { Proposal } from './messages.ts';

export class Replica<Command, Result> {
  log = new Log<Command>();
  /** Up to where the log is committed, as far as this server knows, and so far it has been run. */
  commit = 0;
  readonly #machine: Machine<Command, Result>;
  readonly #onApplied: (proposal: Proposal<Command>, result: Result) => void;
  #waiting: { readonly index: number; readonly act: () => void }[] = [];

  constructor(machine: Machine<Command, Result>, onApplied: (proposal: Proposal<Command>, result: Result) => void) {
    this.#machine = machine;
    this.#onApplied = onApplied;
  }

  commitUpTo(index: number): void {
    while (this.commit < index) {
      this.commit += 1;
      const proposal = this.log.entry(this.commit)?.proposal;
      if (proposal !== undefined) this.#onApplied(proposal, this.#machine.apply(proposal.command));
    }
    const ready = this.#waiting.filter((one) => one.index <= this.commit);
    this.#waiting = this.#waiting.filter((one) => one.index > this.commit);
    for (const { act } of ready) act();
  }

  /** Calls back at once, or when it has come so far. */
  whenApplied(index: number, act: () => void): void {
    if (index <= this.commit) act();
    else this.#waiting.push({ index, act });
  }

  /** The leader's word on a proposal. */
  prepared(proposal: Proposal<Command>): Proposal<Command> {
    const { command, origin } = proposal;
    return { ...proposal, command: this.#machine.prepare?.(command, origin) ?? command };
  }

  crash(keepLog: boolean): void {
    if (!keepLog) this.log = new Log();
    this.commit = 0;
    this.#waiting = [];
    this.#machine.reset();
  }
}
