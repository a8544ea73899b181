import { isAscii, isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { HistoryError } from './errors.ts';

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/** A longer line is refused before it fills the memory. */
const MAX_LINE_BYTES = 16 << 20;

/** What some editors put before the first line of a text. */
export const BYTE_ORDER_MARK = '\uFEFF';

/** @param line counts from 1. @param offset of the line's first byte. @param complete is false when no newline ends it. */
export type OnLine = (text: string, line: number, offset: number, complete: boolean) => void;

/**
 * Calls `onLine` for every line of a file, in order, holding one chunk of it in memory.
 * @throws HistoryError for a byte that is no UTF-8, and for a line longer than `maxLineBytes`.
 */
export async function forEachLine(path: string, onLine: OnLine, maxLineBytes = MAX_LINE_BYTES): Promise<void> {
  const file = await open(path);
  try {
    let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let filled = 0;
    let start = 0;
    let line = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
      const end = buffer.subarray(0, filled).lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        line = splitLines(buffer.subarray(0, end), { line, start }, onLine, maxLineBytes);
        buffer.copy(buffer, 0, end, filled);
        filled -= end;
        start += end;
      }
      if (filled > maxLineBytes) throw tooLong(line + 1, maxLineBytes);
      if (filled === buffer.length) {
        const larger = Buffer.allocUnsafe(buffer.length * 2);
        buffer.copy(larger, 0, 0, filled);
        buffer = larger;
      }
    }
    if (filled === 0) return;
    const rest = buffer.subarray(0, filled);
    onLine(withoutMark(textOf(rest, { line, start }), start), line + 1, start, false);
  } finally {
    await file.close();
  }
}

/** Where a piece of a file begins: lines and bytes before it. */
interface Place {
  readonly line: number;
  readonly start: number;
}

/** `chunk` ends in a newline. Splitting a decoded chunk is three times as fast as decoding line by line. */
function splitLines(chunk: Buffer, place: Place, onLine: OnLine, maxLineBytes: number): number {
  const ascii = isAscii(chunk);
  const text = ascii ? chunk.toString('latin1') : textOf(chunk, place);
  let { line, start } = place;
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from);
    const content = text.slice(from, end);
    const bytes = ascii ? content.length : Buffer.byteLength(content);
    line += 1;
    if (bytes > maxLineBytes) throw tooLong(line, maxLineBytes);
    onLine(withoutMark(content, start), line, start, true);
    start += bytes + 1;
    from = end + 1;
  }
  return line;
}

const withoutMark = (text: string, start: number): string =>
  start === 0 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;

function tooLong(line: number, bytes: number): HistoryError {
  return new HistoryError(line, '', `longer than ${bytes} bytes: an event is one line, and small`);
}

/** Text from UTF-8; a character that the end cuts off is left to whoever reads it. @throws HistoryError that names the first other byte. */
export function textOf(bytes: Buffer, { line, start }: Place = { line: 0, start: 0 }): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const bad = firstBadByte(bytes);
  if (bad === bytes.length) return bytes.toString('utf8');
  const linesBefore = bytes.subarray(0, bad).reduce((lines, byte) => (byte === NEWLINE ? lines + 1 : lines), line);
  const shown = `0x${(bytes[bad] ?? 0).toString(16).padStart(2, '0')}`;
  throw new HistoryError(linesBefore + 1, '', `not UTF-8: byte ${shown} at offset ${start + bad} of the file`);
}

/** The length of the longest beginning that can be decoded, by halves. */
function firstBadByte(bytes: Buffer): number {
  let [good, bad] = [0, bytes.length + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return good;
}

/** The line that begins at byte `offset`. @throws HistoryError, at the first line, for one longer than `maxLineBytes` */
export function readLineAt(path: string, offset: number, maxLineBytes = MAX_LINE_BYTES): string {
  const file = openSync(path, 'r');
  try {
    const parts: Buffer[] = [];
    for (let at = offset; ;) {
      // Only the first is read before all lines have been looked at.
      if (at - offset > maxLineBytes) throw tooLong(1, maxLineBytes);
      const part = Buffer.alloc(4096);
      const bytes = readSync(file, part, 0, part.length, at);
      const end = part.subarray(0, bytes).indexOf(NEWLINE);
      parts.push(part.subarray(0, end < 0 ? bytes : end));
      if (end >= 0 || bytes === 0) return withoutMark(Buffer.concat(parts).toString('utf8'), offset);
      at += bytes;
    }
  } finally {
    closeSync(file);
  }
}
