/** Histories that cannot be read line by line: EDN, one array of JSON, and whatever is compressed. */
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { parseJson } from '../base/json.ts';
import { parseEdn } from './edn.ts';
import { HistoryError } from './errors.ts';
import { BYTE_ORDER_MARK, textOf } from './lines.ts';

/** Such a file is in memory at once; packed ones may be no larger when they are unpacked. */
export const MAX_WHOLE_BYTES = 256 << 20;

/** Far enough to see past what stands before the first event. */
const SNIFFED_BYTES = 4096;

export type Notation = 'lines' | 'array' | 'edn';

/** An event, or a header, and where it stands. */
export interface Placed {
  readonly value: unknown;
  readonly line: number;
}

export interface WholeFile {
  readonly notation: Notation;
  readonly values: readonly Placed[];
  readonly warnings: readonly string[];
}

/** Whether a file has to be read whole. */
export function isReadWhole(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(SNIFFED_BYTES);
    const start = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
    return isPacked(start) || notationOf(start.toString('utf8')) !== 'lines';
  } finally {
    closeSync(file);
  }
}

const isPacked = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** By what stands first: a quote is JSON's, a keyword, a comment, a list or a tag EDN's. */
function notationOf(text: string): Notation {
  const start = /^\uFEFF?[\s,]*([[({]*)[\s,[({]*(.?)/su.exec(text);
  const [brackets, next] = [start?.[1] ?? '', start?.[2] ?? ''];
  if (brackets.includes('(') || next === ':' || next === ';' || next === '#') return 'edn';
  return brackets.startsWith('[') ? 'array' : 'lines';
}

/** @throws HistoryError that names the line, or the place in the array */
export async function readWhole(path: string, maxBytes = MAX_WHOLE_BYTES): Promise<WholeFile> {
  const text = textOf(await unpacked(path, maxBytes)).replace(BYTE_ORDER_MARK, '');
  const notation = notationOf(text);
  switch (notation) {
    case 'lines':
      return { notation, ...linesOf(text) };
    case 'array': {
      const values = valueOf(text, 0, 'not JSON');
      if (!Array.isArray(values)) throw new HistoryError(0, '', 'not an array of events');
      return { notation, values: values.map((value: unknown, index) => ({ value, line: index + 1 })), warnings: [] };
    }
    case 'edn': {
      const forms = parseEdn(text);
      const [only] = forms;
      // A vector of events, or one event after another.
      const values = forms.length === 1 && Array.isArray(only?.value) ? only.value.map(placed) : forms;
      return { notation, values, warnings: [] };
    }
  }
}

const placed = (value: unknown, index: number): Placed => ({ value, line: index + 1 });

function linesOf(text: string): Pick<WholeFile, 'values' | 'warnings'> {
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  const values = lines.map((line, index) => ({ value: valueOf(line, index + 1, NOT_JSON), line: index + 1 }));
  if (rest === '') return { values, warnings: [] };
  try {
    return { values: [...values, { value: parseJson(rest), line: values.length + 1 }], warnings: [] };
  } catch {
    return { values, warnings: [cutShort(values.length + 1)] };
  }
}

/** What can be said to whoever gives a file that is none of ours. */
export const NOT_JSON =
  'not JSON; give one event a line, one array, or EDN, as they are or as .gz (docs/history-format.md)';

export const cutShort = (line: number): string => `line ${line}: cut short, left out`;

/** @throws HistoryError */
export function valueOf(text: string, line: number, otherwise: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new HistoryError(line, '', cause instanceof SyntaxError ? otherwise : (cause as Error).message, { cause });
  }
}

async function unpacked(path: string, maxBytes: number): Promise<Buffer> {
  const tooLarge = `more than ${maxBytes} bytes: so much can be read only as plain lines of JSON`;
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw new HistoryError(0, '', tooLarge);
    const bytes = await file.readFile();
    if (!isPacked(bytes)) return bytes;
    return await promisify(gunzip)(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (!(cause instanceof Error) || 'syscall' in cause || cause instanceof HistoryError) throw cause;
    const large = 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    throw new HistoryError(0, '', large ? tooLarge : `not a whole gzip file: ${cause.message}`, { cause });
  } finally {
    await file.close();
  }
}
