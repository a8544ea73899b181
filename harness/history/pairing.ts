import { HistoryError } from './errors.ts';
import type { HistoryEvent } from './events.ts';
import { mismatch } from './match.ts';

/** An invocation with its completion, if it has one. */
export interface Operation {
  readonly process: number;
  readonly f: string;
  readonly key: string;
  /** Nanoseconds. */
  readonly called: number;
  /** Of the completion; Infinity where there is none. */
  readonly returned: number;
  /** No completion = `info`. */
  readonly outcome: 'ok' | 'fail' | 'info';
  readonly invoke: HistoryEvent;
  readonly completion: HistoryEvent | undefined;
  /** Where to find the events again. */
  readonly invokeRef: number;
  readonly completionRef: number;
  readonly invokeLine: number;
  readonly completionLine: number;
}

export interface Observation {
  readonly process: string;
  readonly f: string;
  readonly key: string;
  readonly at: number;
  readonly event: HistoryEvent;
  readonly ref: number;
  readonly line: number;
}

/** What is made of a history while it is read. Operations arrive in the order of their completions, open ones last. */
export interface HistorySink {
  operation(operation: Operation): void;
  observation(observation: Observation): void;
}

/** Invocations and completions that do not match in the order in which they were given. */
export class PairingError extends HistoryError {}

interface OpenOperation {
  readonly event: HistoryEvent;
  readonly at: number;
  readonly ref: number;
  readonly line: number;
}

/** Joins each completion to the open invocation of its process. Each process's events must come in order of time. */
export class Pairing {
  readonly #sink: HistorySink;
  readonly #open = new Map<number, OpenOperation>();
  readonly #lastAt = new Map<number, number>();

  constructor(sink: HistorySink) {
    this.#sink = sink;
  }

  add(event: HistoryEvent, at: number, ref: number, line: number): void {
    const { process } = event;
    if (typeof process === 'string') {
      this.#sink.observation({ process, f: event.f, key: event.key ?? '', at, event, ref, line });
      return;
    }
    const lastAt = this.#lastAt.get(process);
    if (lastAt !== undefined && at < lastAt) {
      throw new PairingError(line, 'time', `process ${process} goes back in time, from ${lastAt} to ${at}`);
    }
    this.#lastAt.set(process, at);
    const open = this.#open.get(process);
    if (event.type === 'invoke') {
      if (open !== undefined) {
        const started = `the ${open.event.f} that it invoked in line ${open.line} is still open`;
        throw new PairingError(line, 'process', `process ${process} invokes ${event.f}, but ${started}`);
      }
      this.#open.set(process, { event, at, ref, line });
      return;
    }
    if (open === undefined) {
      throw new PairingError(line, 'process', `process ${process} completes ${event.f}, but has nothing open`);
    }
    const field = mismatch(open.event, event);
    if (field !== undefined) {
      throw new PairingError(line, field, `does not match the ${open.event.f} that line ${open.line} invoked`);
    }
    this.#open.delete(process);
    this.#emit(process, open, { event, at, ref, line });
  }

  /** Hands over what never completed. */
  end(): void {
    for (const [process, open] of this.#open) this.#emit(process, open, undefined);
    this.#open.clear();
  }

  #emit(process: number, open: OpenOperation, completion: OpenOperation | undefined): void {
    const type = completion?.event.type;
    this.#sink.operation({
      process,
      f: open.event.f,
      key: open.event.key ?? '',
      called: open.at,
      returned: completion?.at ?? Infinity,
      outcome: type === 'ok' || type === 'fail' ? type : 'info',
      invoke: open.event,
      completion: completion?.event,
      invokeRef: open.ref,
      completionRef: completion?.ref ?? -1,
      invokeLine: open.line,
      completionLine: completion?.line ?? 0,
    });
  }
}
