/** Messages of PostgreSQL's protocol, version 3 (manual, "Message Formats"), as far as simulated sessions need them. */
import type { Column } from './result.ts';

/** What a client says. The first of a connection has no kind. */
export interface FrontendMessage {
  readonly kind: string;
  readonly body: Buffer;
}

export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #started = false;

  feed(chunk: Buffer): FrontendMessage[] {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: FrontendMessage[] = [];
    for (;;) {
      const head = this.#started ? 1 : 0;
      if (rest.length < head + 4) break;
      const end = head + rest.readInt32BE(head);
      if (rest.length < end) break;
      messages.push({ kind: rest.toString('latin1', 0, head), body: rest.subarray(head + 4, end) });
      this.#started = true;
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return messages;
  }
}

/** The fields of one message. */
export class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  letter(): string {
    this.#at += 1;
    return this.#bytes.toString('latin1', this.#at - 1, this.#at);
  }

  short(): number {
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  /** With its length before it; `null` has none. */
  value(): string | null {
    const length = this.#bytes.readInt32BE(this.#at);
    this.#at += 4 + Math.max(0, length);
    return length < 0 ? null : this.#bytes.toString('utf8', this.#at - length, this.#at);
  }
}

const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const short = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.from(`${value}\0`);

function message(kind: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(kind), int(body.length + 4), body]);
}

export const authenticated = (): Buffer => message('R', int(0));
export const parameter = (name: string, value: string): Buffer => message('S', text(name), text(value));
export const backendKey = (pid: number): Buffer => message('K', int(pid), int(pid));
export const ready = (state: 'I' | 'T' | 'E'): Buffer => message('Z', Buffer.from(state));
export const parsed = (): Buffer => message('1');
export const bound = (): Buffer => message('2');
export const closed = (): Buffer => message('3');
export const noData = (): Buffer => message('n');
export const complete = (tag: string): Buffer => message('C', text(tag));

export function rowDescription(columns: readonly Column[]): Buffer {
  const described = columns.map(({ name, type }) =>
    Buffer.concat([text(name), int(0), short(0), int(type), short(-1), int(-1), short(0)]),
  );
  return message('T', short(columns.length), ...described);
}

export function dataRow(values: readonly (string | null)[]): Buffer {
  const written = values.map((value) => {
    if (value === null) return int(-1);
    const bytes = Buffer.from(value);
    return Buffer.concat([int(bytes.length), bytes]);
  });
  return message('D', short(values.length), ...written);
}

export function errorResponse(code: string, what: string, severity = 'ERROR'): Buffer {
  const fields = { S: severity, V: severity, C: code, M: what };
  const written = Object.entries(fields).map(([field, value]) => Buffer.concat([Buffer.from(field), text(value)]));
  return message('E', ...written, Buffer.from([0]));
}

export const notification = (pid: number, channel: string, payload: string): Buffer =>
  message('A', int(pid), text(channel), text(payload));
