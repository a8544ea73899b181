import { isAscii } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/** @param line counts from 1. @param offset of the line's first byte. @param complete is false when no newline ends it. */
export type OnLine = (text: string, line: number, offset: number, complete: boolean) => void;

/** Calls `onLine` for every line of a file, in order, holding one chunk of it in memory. */
export async function forEachLine(path: string, onLine: OnLine): Promise<void> {
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
        line = splitLines(buffer.subarray(0, end), line, start, onLine);
        buffer.copy(buffer, 0, end, filled);
        filled -= end;
        start += end;
      } else if (filled === buffer.length) {
        const larger = Buffer.allocUnsafe(buffer.length * 2);
        buffer.copy(larger, 0, 0, filled);
        buffer = larger;
      }
    }
    if (filled > 0) onLine(buffer.toString('utf8', 0, filled), line + 1, start, false);
  } finally {
    await file.close();
  }
}

/** `chunk` ends in a newline. Splitting a decoded chunk is three times as fast as decoding line by line. */
function splitLines(chunk: Buffer, linesBefore: number, offset: number, onLine: OnLine): number {
  const ascii = isAscii(chunk);
  const text = chunk.toString(ascii ? 'latin1' : 'utf8');
  let line = linesBefore;
  let at = offset;
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from);
    const content = text.slice(from, end);
    line += 1;
    onLine(content, line, at, true);
    at += (ascii ? content.length : Buffer.byteLength(content)) + 1;
    from = end + 1;
  }
  return line;
}

/** The line that begins at byte `offset`. */
export function readLineAt(path: string, offset: number): string {
  const file = openSync(path, 'r');
  try {
    const parts: Buffer[] = [];
    for (let at = offset; ;) {
      const part = Buffer.alloc(4096);
      const bytes = readSync(file, part, 0, part.length, at);
      const end = part.subarray(0, bytes).indexOf(NEWLINE);
      parts.push(part.subarray(0, end < 0 ? bytes : end));
      if (end >= 0 || bytes === 0) return Buffer.concat(parts).toString('utf8');
      at += bytes;
    }
  } finally {
    closeSync(file);
  }
}
