/** Reading a history: from a file, line by line, or from an array of events. The rules are in `docs/history-format.md`. */
import { HistoryError } from './errors.ts';
import type { HistoryEvent, HistoryHeader } from './events.ts';
import { arrange, type PlacedEvent } from './arrange.ts';
import { isHeader, NO_HEADER, parseHeader } from './header.ts';
import { forEachLine, readLineAt } from './lines.ts';
import { Pairing, PairingError, type HistorySink } from './pairing.ts';
import { assertEvent, ClockRule, type Clock } from './validate.ts';

/** A history in memory. */
export interface History {
  readonly header: HistoryHeader;
  readonly events: readonly HistoryEvent[];
  /** What was odd but not wrong, such as a last line cut short. */
  readonly warnings: readonly string[];
}

/** What is known of a history besides its events. */
export interface HistoryInfo {
  readonly header: HistoryHeader;
  readonly clock: Clock;
  /** The last moment in it, 0 when it is empty. */
  readonly endsAt: number;
  readonly warnings: readonly string[];
  /** The event that was given to the sink with this `ref`. */
  eventAt(ref: number): HistoryEvent;
}

type OnEvent = (event: HistoryEvent, at: number, ref: number, line: number) => void;

/** Parses and validates each line; the `ref` of an event is the offset of its line. */
async function scanFile(path: string, onEvent: OnEvent): Promise<Omit<HistoryInfo, 'eventAt'>> {
  const warnings: string[] = [];
  const clock = new ClockRule();
  let header = NO_HEADER;
  let endsAt = 0;
  await forEachLine(path, (text, line, offset, complete) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      if (complete) throw new HistoryError(line, '', 'not JSON', { cause });
      warnings.push(`line ${line}: cut short, left out`);
      return;
    }
    if (line === 1 && isHeader(value)) {
      header = parseHeader(value);
      return;
    }
    assertEvent(value, line);
    const at = clock.at(value, line);
    if (at > endsAt) endsAt = at;
    onEvent(value, at, offset, line);
  });
  return { header, clock: clock.clock, endsAt, warnings };
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
 * The header of a file; `NO_HEADER` where its first line is something else.
 * @throws HistoryError
 */
export function readHeader(path: string): HistoryHeader {
  try {
    const text = readLineAt(path, 0);
    let first: unknown;
    try {
      first = JSON.parse(text);
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
    const { header, warnings } = await scanFile(path, (event) => events.push(event));
    return { header, events, warnings };
  } catch (error) {
    throw inFile(path, error);
  }
}

/**
 * Gives the operations and observations of a file to a sink as they are read, in memory that does not grow with the
 * file. A file in which a process's events are not in order of time is read again, whole, and sorted.
 *
 * @param makeSink is called once, or twice when the file has to be read again.
 * @throws HistoryError naming file, line and field.
 */
export async function streamHistory<Sink extends HistorySink>(
  path: string,
  makeSink: () => Sink,
): Promise<{ readonly sink: Sink; readonly info: HistoryInfo }> {
  const eventAt = (ref: number): HistoryEvent => {
    const event: unknown = JSON.parse(readLineAt(path, ref));
    assertEvent(event, 0);
    return event;
  };
  try {
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
  const { header, events, warnings } = history;
  const clock = new ClockRule();
  const placed = events.map((event, ref) => {
    const line = ref + 1;
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
  return { header, clock: clock.clock, endsAt, warnings, eventAt };
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
