import type { Operation } from '../history/pairing.ts';
import { field } from './fields.ts';

/**
 * Names for the leases of histories that have none, such as Jepsen's of locks and mutexes: a process releases what it
 * acquired last and has not released yet. Each process's operations must come in order.
 */
export class NamelessLeases {
  /** Line of the first acquire without a name. */
  firstLine: number | undefined;
  /** Releases by processes that held nothing of their own. */
  unmatched = 0;
  #named = 0;
  readonly #heldBy = new Map<number, string[]>();

  /** The operation with a name for its lease; `undefined` for the release of nothing. */
  withLease(operation: Operation): Operation | undefined {
    const { f, invoke, process, outcome, invokeLine } = operation;
    if (field(invoke.value, 'lease') !== undefined) return operation;
    this.firstLine ??= invokeLine;
    const held = this.#heldBy.get(process) ?? [];
    this.#heldBy.set(process, held);
    if (f === 'acquire') {
      this.#named += 1;
      const lease = `process ${process}, no. ${this.#named}`;
      if (outcome !== 'fail') held.push(lease);
      return named(operation, lease);
    }
    const lease = outcome === 'fail' ? held.at(-1) : held.pop();
    if (lease === undefined) {
      this.unmatched += 1;
      return undefined;
    }
    return named(operation, lease);
  }
}

function named(operation: Operation, lease: string): Operation {
  const { value } = operation.invoke;
  return { ...operation, invoke: { ...operation.invoke, value: { ...(typeof value === 'object' && value), lease } } };
}
