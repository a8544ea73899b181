/** One counter, judged by the values that its operations answered. */
import { isPending, type SequentialOperation } from './sequential.ts';

/** Two operations whose answers exclude each other; `other` is missing where one alone cannot be explained. */
export interface CounterFault {
  readonly operation: SequentialOperation;
  readonly other: SequentialOperation | undefined;
  readonly why: string;
}

interface Reached {
  readonly at: number;
  /** What keeps the counter from having its value earlier. */
  readonly by: SequentialOperation | undefined;
}

/**
 * Are these increments and reads those of one linearizable counter that begins at 0?
 *
 * The answers say in which order the increments took effect; those without an answer fill the gaps, the one called first
 * first. Each takes effect as early as possible: after its call, the increment before it, and the reads of the value that
 * it ends. If the earliest moment is after an operation's return, there is no order. O(n log n).
 */
export function counterFaults(operations: readonly SequentialOperation[]): CounterFault[] {
  const faults: CounterFault[] = [];
  const increments = new Map<number, SequentialOperation>();
  const unanswered: SequentialOperation[] = [];
  const reads = new Map<number, SequentialOperation[]>();
  let highest = 0;
  // What is told does not depend on the order in which they were read.
  const inOrder = operations.toSorted((a, b) => a.returned - b.returned || a.called - b.called);
  for (const operation of inOrder) {
    if (isPending(operation)) {
      unanswered.push(operation);
      continue;
    }
    const value = Number(operation.output);
    highest = Math.max(highest, value);
    if (operation.f === 'read') {
      const ofValue = reads.get(value);
      if (ofValue === undefined) reads.set(value, [operation]);
      else ofValue.push(operation);
      continue;
    }
    const other = increments.get(value);
    if (value === 0) faults.push({ operation, other: undefined, why: 'an increment answered 0' });
    else if (other === undefined) increments.set(value, operation);
    else faults.push({ operation, other, why: `two increments answered ${value}` });
  }
  const fillers = unanswered.toSorted((a, b) => a.called - b.called).values();
  let reached: Reached = { at: -Infinity, by: undefined };
  for (let value = 0; value <= highest; value += 1) {
    if (value > 0) {
      const increment = increments.get(value) ?? fillers.next().value;
      if (increment === undefined) {
        faults.push(missing(value, increments, reads));
        break;
      }
      if (increment.returned < reached.at) {
        faults.push({ operation: increment, other: reached.by, why: `it made the counter ${value} too early` });
      }
      reached = later(reached, increment);
    }
    const ofValue = reads.get(value) ?? [];
    for (const read of ofValue) {
      if (read.returned < reached.at) {
        faults.push({ operation: read, other: reached.by, why: `it read ${value} too early` });
      }
    }
    for (const read of ofValue) {
      if (read.returned >= reached.at) reached = later(reached, read);
    }
  }
  return faults;
}

function later(reached: Reached, operation: SequentialOperation): Reached {
  return operation.called > reached.at ? { at: operation.called, by: operation } : reached;
}

/** An answer that takes more increments than there were. */
function missing(
  value: number,
  increments: ReadonlyMap<number, SequentialOperation>,
  reads: ReadonlyMap<number, readonly SequentialOperation[]>,
): CounterFault {
  const above = [...increments.values(), ...[...reads.values()].flat()].filter(({ output }) => Number(output) >= value);
  const operation = above.toSorted((a, b) => a.returned - b.returned)[0];
  if (operation === undefined) throw new RangeError(`no answer above ${value}`);
  return {
    operation,
    other: undefined,
    why: `it answered ${Number(operation.output)}, but nothing made the counter ${value}`,
  };
}
