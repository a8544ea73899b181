/** What becomes of each value of a history file: its header, an event, or nothing. */
import type { HistoryEvent, HistoryHeader } from './events.ts';
import { ForeignEvents, withErrorCode } from './foreign.ts';
import { isHeader, NO_HEADER, parseHeader } from './header.ts';
import type { Placed } from './whole.ts';
import { assertEvent } from './validate.ts';

/** In order. A file that begins with our header is held to our format; any other may be of Jepsen's kind. */
export class Intake {
  readonly #foreign = new ForeignEvents();
  #header: HistoryHeader | undefined;
  #isFirst = true;

  get header(): HistoryHeader {
    return this.#header ?? NO_HEADER;
  }

  get foreign(): boolean {
    return this.#header === undefined;
  }

  get ignored(): ReadonlyMap<string, number> {
    return this.#foreign.ignored;
  }

  /** @throws HistoryError that names line and field */
  take({ value, line }: Placed): HistoryEvent | undefined {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst && isHeader(value)) {
      this.#header = parseHeader(value);
      return undefined;
    }
    const event = this.#header === undefined ? this.#foreign.adapt(value) : withErrorCode(value);
    if (event === undefined) return undefined;
    assertEvent(event, line);
    return event;
  }
}

/** The place of each event stands in where none has a time or an index: of what is one list. */
export function inOrder(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  return events.some(({ time, index }) => time !== undefined || index !== undefined)
    ? events
    : events.map((event, index) => ({ ...event, index }));
}
