import { HistoryError } from '../history/errors.ts';
import type { HistorySink, Operation } from '../history/pairing.ts';
import { feedHistory, streamHistory, type History, type HistoryInfo } from '../history/read.ts';
import { exactValue, field } from './fields.ts';
import type { SequentialOperation } from './sequential.ts';

/** What a model's operations look like in a history. */
export interface OperationReader {
  /** @throws HistoryError naming line and field. `undefined` for an operation of unknown outcome that changes nothing. */
  read(operation: Operation): Pick<SequentialOperation, 'input' | 'output'> | undefined;
}

/** The operations of one model, per key. */
export interface OperationHistory {
  readonly info: HistoryInfo;
  readonly byKey: ReadonlyMap<string, readonly SequentialOperation[]>;
  /** Operations that the model does not know, and how many of each. */
  readonly ignored: ReadonlyMap<string, number>;
}

export type OperationReaders = Readonly<Partial<Record<string, OperationReader>>>;

/** @throws HistoryError */
export async function readOperations(path: string, readers: OperationReaders): Promise<OperationHistory> {
  const { sink, info } = await streamHistory(path, () => new OperationCollector(readers));
  return { info, byKey: sink.byKey, ignored: sink.ignored };
}

/** @throws HistoryError */
export function operationsOf(history: History, readers: OperationReaders): OperationHistory {
  const collector = new OperationCollector(readers);
  const info = feedHistory(history, collector);
  return { info, byKey: collector.byKey, ignored: collector.ignored };
}

/** Operations that failed did not happen and are left out. */
class OperationCollector implements HistorySink {
  readonly #readers: OperationReaders;
  readonly byKey = new Map<string, SequentialOperation[]>();
  readonly ignored = new Map<string, number>();

  constructor(readers: OperationReaders) {
    this.#readers = readers;
  }

  operation(operation: Operation): void {
    const { f, key, outcome, process, called, returned, invokeRef, completionRef } = operation;
    if (!Object.hasOwn(this.#readers, f)) {
      this.ignored.set(f, (this.ignored.get(f) ?? 0) + 1);
      return;
    }
    if (outcome === 'fail') return;
    const values = this.#readers[f]?.read(operation);
    if (values === undefined) return;
    const ofKey = this.byKey.get(key);
    const known = outcome === 'ok' ? returned : Infinity;
    const one = { f, ...values, process, called, returned: known, invokeRef, completionRef };
    if (ofKey === undefined) this.byKey.set(key, [one]);
    else ofKey.push(one);
  }

  observation(): void {
    // No model of operations judges by observations.
  }
}

const isOk = ({ outcome }: Operation): boolean => outcome === 'ok';

const onlyIfAnswered = (output: (operation: Operation) => unknown): OperationReader => ({
  read: (operation) => (isOk(operation) ? { input: undefined, output: output(operation) } : undefined),
});

function stringValue(value: unknown, line: number): string {
  if (typeof value === 'string') return value;
  throw new HistoryError(
    line,
    'value',
    `expected a string, got ${value === undefined ? 'nothing' : JSON.stringify(value)}`,
  );
}

const count = ({ completion, completionLine, f }: Operation): number => {
  const value = completion?.value;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new HistoryError(
    completionLine,
    'value',
    `expected the counter's value after ${f}, got ${JSON.stringify(value)}`,
  );
};

const stringInput: OperationReader = {
  read: ({ invoke, invokeLine }) => ({ input: stringValue(invoke.value, invokeLine), output: undefined }),
};

const nothing: OperationReader = { read: () => ({ input: undefined, output: undefined }) };

export const MUTEX_OPERATIONS: OperationReaders = { acquire: nothing, release: nothing };

export const COUNTER_OPERATIONS: OperationReaders = {
  increment: { read: (operation) => ({ input: undefined, output: isOk(operation) ? count(operation) : undefined }) },
  read: onlyIfAnswered(count),
};

export const REGISTER_OPERATIONS: OperationReaders = {
  read: onlyIfAnswered(({ completion, completionLine }) => exactValue(completion?.value ?? null, completionLine)),
  write: {
    read: ({ invoke, invokeLine }) => ({ input: exactValue(invoke.value ?? null, invokeLine), output: undefined }),
  },
  cas: {
    read: (operation) => {
      const { invoke, invokeLine, completion, completionLine } = operation;
      if (!Array.isArray(invoke.value) || invoke.value.length !== 2) {
        throw new HistoryError(invokeLine, 'value', `expected [from, to], got ${JSON.stringify(invoke.value)}`);
      }
      const input = exactValue(invoke.value, invokeLine);
      if (!isOk(operation)) return { input, output: undefined };
      const swapped = field(completion, 'swapped');
      if (typeof swapped !== 'boolean') throw new HistoryError(completionLine, 'swapped', 'expected true or false');
      return { input, output: swapped };
    },
  },
};

export const KV_OPERATIONS: OperationReaders = {
  get: onlyIfAnswered(({ completion, completionLine }) => stringValue(completion?.value, completionLine)),
  put: stringInput,
  append: stringInput,
};
