/** One history out of the files of a round's processes: merged as a stream, for a benchmark records millions of events. */
import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HistoryHeader, TimedEvent } from '../history/events.ts';

const CHUNK_BYTES = 1 << 20;
/** After so many events others may run. */
const EVENTS_A_TURN = 5000;

interface Source {
  readonly lines: Iterator<string, undefined>;
  text: string;
  event: TimedEvent;
}

/**
 * Writes the events of all files, each in order of time, into one file in order of time, and shows each to `onEvent`. A file
 * that is missing is that of a process which recorded nothing; a line that is cut short belongs to one that was killed.
 */
export async function gather(
  files: readonly string[],
  header: HistoryHeader,
  path: string,
  onEvent: (event: TimedEvent) => void,
): Promise<void> {
  const sources: Source[] = [];
  for (const file of files) {
    const lines = linesOf(file);
    const source = advance({ lines });
    if (source !== undefined) sources.push(source);
  }
  const out = openSync(path, 'w');
  let batch = `${JSON.stringify(header)}\n`;
  let done = 0;
  try {
    for (let first = earliest(sources); first !== undefined; first = earliest(sources)) {
      batch += `${first.text}\n`;
      onEvent(first.event);
      if (advance(first) === undefined) sources.splice(sources.indexOf(first), 1);
      if (batch.length > CHUNK_BYTES) {
        writeSync(out, batch);
        batch = '';
      }
      done += 1;
      if (done % EVENTS_A_TURN === 0) await nextTurn();
    }
    writeSync(out, batch);
  } finally {
    closeSync(out);
  }
}

function earliest(sources: readonly Source[]): Source | undefined {
  let first: Source | undefined;
  for (const source of sources) if (first === undefined || source.event.time < first.event.time) first = source;
  return first;
}

/** Moves to the next line; `undefined` when there is none. */
function advance(source: Pick<Source, 'lines'> & Partial<Source>): Source | undefined {
  const next = source.lines.next();
  if (next.done === true) return undefined;
  source.text = next.value;
  // Trusted: our own processes wrote it.
  source.event = JSON.parse(next.value) as TimedEvent;
  return source as Source;
}

/** The whole lines of a file. */
function* linesOf(path: string): Generator<string, undefined> {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    let rest = Buffer.alloc(0);
    for (;;) {
      const bytes = readSync(file, buffer);
      if (bytes === 0) return undefined;
      const chunk = Buffer.concat([rest, buffer.subarray(0, bytes)]);
      const end = chunk.lastIndexOf(0x0a) + 1;
      rest = chunk.subarray(end);
      if (end > 0) yield* chunk.toString('utf8', 0, end - 1).split('\n');
    }
  } finally {
    closeSync(file);
  }
}
