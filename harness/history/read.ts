/** Reading a history: from a file, line by line where it can be, or from an array of events. `docs/history-format.md`. */
import { parseJson } from '../base/json.ts';
import { HistoryError } from './errors.ts';
import type { HistoryEvent, HistoryHeader } from './events.ts';
import { arrange, type PlacedEvent } from './arrange.ts';
import { isHeader, NO_HEADER, parseHeader } from './header.ts';
import { ForeignEvents } from './foreign.ts';
import { inOrder, Intake } from './intake.ts';
import { forEachLine, readLineAt } from './lines.ts';
import { Pairing, PairingError, type HistorySink } from './pairing.ts';
import { assertEvent, ClockRule, type Clock } from './validate.ts';
import { cutShort, isReadWhole, MAX_WHOLE_BYTES, NOT_JSON, readWhole, valueOf } from './whole.ts';

/** A history in memory. */
export interface History {
  readonly header: HistoryHeader;
  readonly events: readonly HistoryEvent[];
  /** What was odd but not wrong, such as a last line cut short. */
  readonly warnings: readonly string[];
  /** What was left out because it means nothing here, and how many of each. */
  readonly ignored?: ReadonlyMap<string, number>;
  /** Whether it may be of Jepsen's kind, because no header says that it is of ours. */
  readonly foreign?: boolean;
  /** Where each event stands in its file; absent: its place in the array, from 1. */
  readonly lines?: readonly number[];
}

/** What is known of a history besides its events. */
export interface HistoryInfo {
  readonly header: HistoryHeader;
  readonly clock: Clock;
  /** The last moment in it, 0 when it is empty. */
  readonly endsAt: number;
  readonly warnings: readonly string[];
  readonly ignored: ReadonlyMap<string, number>;
  readonly foreign: boolean;
  /** The event that was given to the sink with this `ref`. */
  eventAt(ref: number): HistoryEvent;
}

type OnEvent = (event: HistoryEvent, at: number, ref: number, line: number) => void;

/** Parses and validates each line; the `ref` of an event is the offset of its line. */
async function scanFile(path: string, onEvent: OnEvent): Promise<Omit<HistoryInfo, 'eventAt'>> {
  const warnings: string[] = [];
  const intake = new Intake();
  const clock = new ClockRule();
  let endsAt = 0;
  await forEachLine(path, (text, line, offset, complete) => {
    const value = parsedLine(text, line, complete);
    if (value === undefined) {
      warnings.push(cutShort(line));
      return;
    }
    const event = intake.take({ value, line });
    if (event === undefined) return;
    const at = clock.at(event, line);
    if (at > endsAt) endsAt = at;
    onEvent(event, at, offset, line);
  });
  const { header, ignored, foreign } = intake;
  return { header, ignored, foreign, clock: clock.clock, endsAt, warnings };
}

/** `undefined` for a last line that was cut short. @throws HistoryError */
function parsedLine(text: string, line: number, complete: boolean): unknown {
  try {
    return valueOf(text, line, NOT_JSON);
  } catch (error) {
    if (complete || !(error instanceof HistoryError && error.cause instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** A file that is not lines of JSON. */
async function loadWhole(path: string, maxBytes: number): Promise<History> {
  const { notation, values, warnings } = await readWhole(path, maxBytes);
  const intake = new Intake();
  const taken = values.flatMap((value) => {
    const event = intake.take(value);
    return event === undefined ? [] : [{ event, line: value.line }];
  });
  const events = taken.map(({ event }) => event);
  const { header, ignored, foreign } = intake;
  return {
    ...{ header, ignored, foreign, warnings, lines: taken.map(({ line }) => line) },
    events: notation === 'lines' ? events : inOrder(events),
  };
}

function inFile(path: string, error: unknown): unknown {
  if (error instanceof HistoryError && error.file === undefined) return error.inFile(path);
  if (error instanceof Error && 'syscall' in error) {
    const missing = 'code' in error && error.code === 'ENOENT';
    return new HistoryError(0, '', missing ? 'no such file' : error.message, { file: path, cause: error });
  }
  return error;
}

/**
 * The header of a file; `NO_HEADER` where it begins with something else.
 * @throws HistoryError
 */
export async function readHeader(path: string): Promise<HistoryHeader> {
  try {
    if (isReadWhole(path)) return (await loadWhole(path, MAX_WHOLE_BYTES)).header;
    const text = readLineAt(path, 0);
    let first: unknown;
    try {
      first = parseJson(text);
    } catch {
      // Reading on will say what is wrong with the line.
      return NO_HEADER;
    }
    return isHeader(first) ? parseHeader(first) : NO_HEADER;
  } catch (error) {
    throw inFile(path, error);
  }
}

/**
 * A whole file in memory.
 * @throws HistoryError naming file, line and field.
 */
export async function loadHistory(path: string): Promise<History> {
  const events: HistoryEvent[] = [];
  try {
    if (isReadWhole(path)) return await loadWhole(path, MAX_WHOLE_BYTES);
    const { header, ignored, foreign, warnings } = await scanFile(path, (event) => events.push(event));
    return { header, events, ignored, foreign, warnings };
  } catch (error) {
    throw inFile(path, error);
  }
}

/**
 * Gives the operations and observations of a file to a sink as they are read: of lines of JSON in memory that does not
 * grow with the file. One in which a process's events are not in order of time is read again, whole, and sorted.
 *
 * @param makeSink is called once, or twice when the file has to be read again.
 * @throws HistoryError naming file, line and field.
 */
export async function streamHistory<Sink extends HistorySink>(
  path: string,
  makeSink: () => Sink,
): Promise<{ readonly sink: Sink; readonly info: HistoryInfo }> {
  const eventAt = (ref: number): HistoryEvent => {
    const event: unknown = new ForeignEvents().adapt(JSON.parse(readLineAt(path, ref)));
    assertEvent(event, 0);
    return event;
  };
  try {
    if (isReadWhole(path)) {
      const history = await loadWhole(path, MAX_WHOLE_BYTES);
      const sink = makeSink();
      return { sink, info: feedHistory(history, sink) };
    }
    try {
      const sink = makeSink();
      const pairing = new Pairing(sink);
      const scanned = await scanFile(path, (event, at, ref, line) => pairing.add(event, at, ref, line));
      pairing.end();
      return { sink, info: { ...scanned, eventAt } };
    } catch (error) {
      if (!(error instanceof PairingError)) throw error;
      const placed: PlacedEvent[] = [];
      const scanned = await scanFile(path, (event, at, ref, line) => placed.push({ event, at, ref, line }));
      const sink = makeSink();
      pairArranged(placed, sink);
      return { sink, info: { ...scanned, eventAt } };
    }
  } catch (error) {
    throw inFile(path, error);
  }
}

/**
 * The same for a history in memory. The `ref` of an event is its place in the array; errors count it from 1 as `line`.
 * @throws HistoryError
 */
export function feedHistory(history: History, sink: HistorySink): HistoryInfo {
  const { header, events, lines, warnings, ignored = new Map(), foreign = false } = history;
  const clock = new ClockRule();
  const placed = events.map((event, ref) => {
    const line = lines?.[ref] ?? ref + 1;
    assertEvent(event, line);
    return { event, ref, line, at: clock.at(event, line) };
  });
  pairArranged(placed, sink);
  const eventAt = (ref: number): HistoryEvent => {
    const event = events[ref];
    if (event === undefined) throw new RangeError(`no event ${ref}`);
    return event;
  };
  const endsAt = placed.reduce((latest, { at }) => Math.max(latest, at), 0);
  return { header, clock: clock.clock, endsAt, warnings, ignored, foreign, eventAt };
}

function pairArranged(placed: readonly PlacedEvent[], sink: HistorySink): void {
  const pairing = new Pairing(sink);
  for (const { event, at, ref, line } of arrange(placed)) pairing.add(event, at, ref, line);
  pairing.end();
}

/** A history of these events, as from a file without oddities. */
export function historyOf(events: readonly HistoryEvent[], header: Partial<HistoryHeader> = {}): History {
  return { header: { ...NO_HEADER, ...header }, events, warnings: [] };
}
