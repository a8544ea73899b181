/** The door of the checkers: a history and a model in, a verdict out. */
import { HistoryError } from '../history/errors.ts';
import type { HistoryEvent, HistoryHeader } from '../history/events.ts';
import { historyOf, readHeader, type History } from '../history/read.ts';
import { CHECKERS } from './checkers.ts';
import type { Bounds } from './linearize.ts';
import { lockHistoryOf, readLockHistory, type LockHistory } from './lock-history.ts';
import { operationsOf, readOperations, type OperationHistory } from './operations.ts';
import { MODELS, type Model, type Verdict } from './verdict.ts';

/**
 * Judges a history in memory. Pure but for the clock that bounds the general search (mutex, register, kv).
 * @throws HistoryError when the history is malformed.
 */
export function checkHistory(history: History, model: Model, bounds: Bounds = {}): Verdict {
  const checker = CHECKERS[model];
  return checker.of === 'leases'
    ? checker.check(lockHistoryOf(history))
    : checker.check(operationsOf(history, checker.readers), bounds);
}

/** The same for events with a header of their own. */
export function checkEvents(header: Partial<HistoryHeader>, events: readonly HistoryEvent[], model: Model): Verdict {
  return checkHistory(historyOf(events, header), model);
}

export interface FileVerdict {
  readonly file: string;
  readonly verdict: Verdict;
  /** Reading and judging. */
  readonly elapsedMs: number;
  /** What was odd about the file, such as a last line cut short. */
  readonly warnings: readonly string[];
  /** What in it was not looked at, and how much of each. */
  readonly ignored: Readonly<Record<string, number>>;
}

/**
 * Judges a file, read as a stream.
 * @param model wins over the one in the header.
 * @throws HistoryError naming file, line and field; also when neither says which model.
 */
export async function checkFile(file: string, model?: Model, bounds: Bounds = {}): Promise<FileVerdict> {
  const startedAt = performance.now();
  const checker = CHECKERS[model ?? (await modelOf(file))];
  let verdict: Verdict;
  let history: LockHistory | OperationHistory;
  try {
    if (checker.of === 'leases') {
      history = await readLockHistory(file);
      verdict = checker.check(history);
    } else {
      history = await readOperations(file, checker.readers);
      verdict = checker.check(history, bounds);
    }
  } catch (error) {
    throw error instanceof HistoryError && error.file === undefined ? error.inFile(file) : error;
  }
  const { info, ignored } = history;
  return {
    ...{ file, verdict, elapsedMs: performance.now() - startedAt, warnings: info.warnings },
    ignored: Object.fromEntries([...info.ignored, ...ignored]),
  };
}

async function modelOf(file: string): Promise<Model> {
  const { model: named } = await readHeader(file);
  const known = `one of ${MODELS.join(', ')}`;
  if (named === undefined) {
    throw new HistoryError(0, '', `the header names no model: say --model, ${known}`, { file });
  }
  const model = MODELS.find((candidate) => candidate === named);
  if (model === undefined) throw new HistoryError(1, 'model', `"${named}" is unknown, expected ${known}`, { file });
  return model;
}
