/** Packets of MariaDB's protocol (manual, "Client/Server Protocol"), as far as simulated sessions need them. */
import type { Column, Done, SqlError, Value } from './result.ts';

export const COMMAND = { quit: 0x01, query: 0x03, ping: 0x0e } as const;

/** Of a packet: three bytes of length, one of its number. */
const HEAD_BYTES = 4;

/** What a client says, without heads. The first of a connection is its answer to the greeting. */
export class PacketReader {
  #rest: Buffer = Buffer.alloc(0);

  feed(chunk: Buffer): Buffer[] {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const bodies: Buffer[] = [];
    while (rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + rest.readUIntLE(0, 3);
      if (rest.length < end) break;
      bodies.push(rest.subarray(HEAD_BYTES, end));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return bodies;
  }
}

/** Its packets, numbered on from `first`. */
export function packets(first: number, bodies: readonly Buffer[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body, index) => {
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUIntLE(body.length, 0, 3);
      head.writeUInt8((first + index) % 256, 3);
      return [head, body];
    }),
  );
}

const little = (value: number, bytes: number): Buffer => {
  const written = Buffer.alloc(bytes);
  written.writeUIntLE(value, 0, bytes);
  return written;
};
const terminated = (value: string): Buffer => Buffer.from(`${value}\0`);

/** Length-encoded. */
function number(value: number): Buffer {
  if (value < 0xfb) return little(value, 1);
  if (value < 0x1_0000) return Buffer.concat([Buffer.of(0xfc), little(value, 2)]);
  if (value < 0x100_0000) return Buffer.concat([Buffer.of(0xfd), little(value, 3)]);
  const long = Buffer.alloc(8);
  long.writeBigUInt64LE(BigInt(value));
  return Buffer.concat([Buffer.of(0xfe), long]);
}

function text(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([number(bytes.length), bytes]);
}

/** CLIENT_… of what follows: the protocol of version 4.1, transactions, several results, and passwords by plug-ins. */
const CAPABILITIES = 0x1 | 0x2 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x1_0000 | 0x2_0000 | 0x8_0000;
const UTF8MB4 = 45;
const AUTOCOMMIT = 0x2;
const SALT = Buffer.alloc(20, 'x');

/** What state the session is in after what was said. */
export interface Status {
  readonly inTransaction: boolean;
  /** Another result follows. */
  readonly more?: boolean;
}

const flags = ({ inTransaction, more = false }: Status): Buffer =>
  little(AUTOCOMMIT | (inTransaction ? 0x1 : 0) | (more ? 0x8 : 0), 2);

/** The greeting; any password will do. */
export function greeting(version: string, threadId: number): Buffer {
  return Buffer.concat([
    ...[Buffer.of(10), terminated(version), little(threadId, 4), SALT.subarray(0, 8), Buffer.of(0)],
    ...[little(CAPABILITIES & 0xffff, 2), Buffer.of(UTF8MB4), little(AUTOCOMMIT, 2)],
    ...[little(CAPABILITIES >>> 16, 2), Buffer.of(SALT.length + 1), Buffer.alloc(10)],
    ...[SALT.subarray(8), Buffer.of(0), terminated('mysql_native_password')],
  ]);
}

export const ok = ({ affectedRows, insertId, warnings, info }: Done, status: Status): Buffer =>
  Buffer.concat([
    ...[Buffer.of(0), number(affectedRows), number(insertId), flags(status), little(warnings, 2)],
    Buffer.from(info),
  ]);

export const eof = (status: Status): Buffer => Buffer.concat([Buffer.of(0xfe), little(0, 2), flags(status)]);

export const failure = ({ number: errno, state, message }: SqlError): Buffer =>
  Buffer.concat([Buffer.of(0xff), little(errno, 2), Buffer.from(`#${state}${message}`)]);

export const columnCount = (count: number): Buffer => number(count);

export const column = ({ name, type, charset, length }: Column): Buffer =>
  Buffer.concat([
    ...['def', '', '', '', name, ''].map(text),
    ...[Buffer.of(0x0c), little(charset, 2), little(length, 4), little(type, 1), little(0, 2), Buffer.of(0, 0, 0)],
  ]);

export const row = (values: readonly Value[]): Buffer =>
  Buffer.concat(values.map((value) => (value === null ? Buffer.of(0xfb) : text(value))));
